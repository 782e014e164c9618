import fc from 'fast-check'
import { expect, test } from 'vitest'
import { AnswerReader } from './answer-reader.ts'
import type { Stretch } from './stretches.ts'

function stretchesOf({ settled, growing }: ReturnType<AnswerReader['read']>): Stretch[] {
  return [...settled.flat(), ...growing].map((stretch) => ({ ...stretch, text: stretch.text.trimEnd() }))
}

test('the pieces an answer comes in change nothing about what is drawn at its end', () => {
  const parts = fc.array(fc.constantFrom('a', 'bc ', '\n', '\n\n', '- ', '  ', '1. ', '```\n', '```js\n', '~~~\n', '| x | y |\n', '|--|--|\n', '# ', '> ', '[1]', '**b**', '[l](u)'), { maxLength: 30 })
  fc.assert(fc.property(parts, fc.array(fc.nat(200), { maxLength: 12 }), (chosen, cuts) => {
    const text = chosen.join('')
    const reader = new AnswerReader()
    for (const place of [...new Set(cuts)].sort((a, b) => a - b)) reader.read(text.slice(0, place), false)
    expect(stretchesOf(reader.read(text, true))).toEqual(stretchesOf(new AnswerReader().read(text, true)))
  }), { numRuns: 1000 })
})

test('what is settled is the same object for ever, and half a link is not handed out', () => {
  const reader = new AnswerReader()
  const text = 'A paragraph.\n\n'.repeat(50)
  const [first] = reader.read(text, false).settled
  const later = reader.read(`${text}See [the do`, false)
  expect(later.settled[0]).toBe(first)
  expect(later.settled.length).toBe(4)
  expect(later.growing.at(-1)?.text).toBe('See ')
  expect(reader.read(`${text}See [the do`, true).growing.at(-1)?.text).toBe('See [the do')
})

test('a text that does not continue the last one is read from its start', () => {
  const reader = new AnswerReader()
  reader.read('One.\n\nTwo.', false)
  expect(stretchesOf(reader.read('Three.', true)).map(({ text }) => text)).toEqual(['Three.'])
})
