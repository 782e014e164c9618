import fc from 'fast-check'
import { expect, test } from 'vitest'
import { cutAnywhere, run } from '../../../../../test/support/processing.ts'
import { SlidingWindow, type View } from './window.ts'

const texts = fc.array(fc.constantFrom('a', 'bcd', '\n', '\r\n', '\r', '😀', '\ud83d', '\ude00', '👍🏽'), { maxLength: 40 }).map((parts) => parts.join(''))
const sizes = fc.record({ characters: fc.nat(12), lines: fc.oneof(fc.nat(4), fc.constant(Infinity)) })

/** Of the whole text, cut at once. */
function expected(text: string, { characters, lines }: { readonly characters: number; readonly lines: number }): View {
  let begin = Math.max(0, text.length - characters)
  const isPair = /[\ud800-\udbff][\udc00-\udfff]/.test(text.slice(begin - 1, begin + 1))
  if (begin > 0 && (isPair || text.slice(begin - 1, begin + 1) === '\r\n')) begin += 1
  const count = (from: number): number => text.slice(from).split(/(?<=\n)/).filter((line) => line !== '').length
  while (count(begin) > lines) begin = text.indexOf('\n', begin) < 0 ? text.length : text.indexOf('\n', begin) + 1
  return { text: text.slice(begin), dropped: { characters: begin, lines: text.slice(0, begin).split('\n').length - 1 } }
}

test('each view is the end of what came so far, wherever that was cut', () => {
  fc.assert(fc.property(texts.chain(cutAnywhere), sizes, ({ text, pieces }, size) => {
    const machine = new SlidingWindow(size)
    let came = ''
    for (const piece of pieces) {
      came += piece
      const [view] = machine.push(piece)
      // Half a character waits for its other half.
      if (view) expect(view).toEqual(expected(came.replace(/[\ud800-\udbff]$/, ''), size))
    }
    const last = run(new SlidingWindow(size), pieces).at(-1)
    expect(last ?? expected('', size)).toEqual(expected(text, size))
  }), { numRuns: 1000 })
})

test('however long the text, the view is no longer than it may be', () => {
  const machine = new SlidingWindow({ characters: 1000 })
  const lengths = Array.from({ length: 20_000 }, () => machine.push('word\n')[0]!.text.length)
  expect(Math.max(...lengths)).toBe(1000)
  const [view] = machine.push('last')
  expect(view!.text.endsWith('word\nlast')).toBe(true)
  expect(view!.dropped).toEqual({ characters: 100_004 - 1000, lines: 19_800 })
})
