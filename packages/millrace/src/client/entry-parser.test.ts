import fc from 'fast-check'
import { expect, onTestFinished, test, vi } from 'vitest'
import { parserFor } from './entry-parser.ts'

const BLOCK = { block: 3, kind: 'te"xt\n', nth: 1 }
const delta = (text: string): string => JSON.stringify({ type: 'delta', ...BLOCK, text })
const parse = parserFor(BLOCK)

/** What it says without the room that it may leave for an offset; `null` for what is no JSON. */
function said(work: () => unknown): unknown {
  try {
    const value = work()
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value, offset: 0 } : { value }
  } catch (error) {
    expect(error).toBeInstanceOf(SyntaxError)
    return null
  }
}

function expectSame(json: string): void {
  const [ours, theirs] = [said(() => parse(json)), said(() => JSON.parse(json))]
  expect(ours).toEqual(theirs)
  // In the same order too.
  expect(JSON.stringify(ours)).toBe(JSON.stringify(theirs))
}

test('of a delta at most the text is parsed, and only where it has escapes', () => {
  const plain = ['', 'a', ' the ', 'ä€😀', '\u2028\u007f\ufeff', "'", '}', 'x'.repeat(2_000_000)]
  const escaped = ['"', '\\', '\n', '\0', '\u001f', '"}', '\\"', 'a "b" c\n']
  const parses = vi.spyOn(JSON, 'parse')
  onTestFinished(() => parses.mockRestore())
  for (const text of plain) expect(parse(delta(text))).toEqual({ type: 'delta', ...BLOCK, text, offset: 0 })
  expect(parses).not.toHaveBeenCalled()
  for (const text of escaped) expect(parse(delta(text))).toEqual({ type: 'delta', ...BLOCK, text, offset: 0 })
  expect(parses.mock.calls).toEqual(escaped.map((text) => [JSON.stringify(text)]))
})

test('one that joins others is parsed once, as a whole', () => {
  const parses = vi.spyOn(JSON, 'parse')
  onTestFinished(() => parses.mockRestore())
  expect(parse(delta('a\n').replace('}', ',"first":7}'))).toEqual({ type: 'delta', ...BLOCK, text: 'a\n', first: 7 })
  expect(parses).toHaveBeenCalledOnce()
})

test.each([
  ['a control character is no JSON', delta('a').replace('"a"', '"\t"')],
  ['nor is a NUL', delta('a').replace('"a"', '"\0"')],
  ['nor is the last of the control characters', delta('a').replace('"a"', '"\u001f"')],
  ['nor is a line end', delta('a').replace('"a"', '"a\nb"')],
  ['nor is a text without its end', delta('a').slice(0, -2)],
  ['nor is a text that does not begin to end', `${delta('').slice(0, -2)}}`],
  ['nor is a delta without its end', delta('a').slice(0, -1)],
  ['nor is a delta with more behind it', `${delta('a')}}`],
  ['nor is an escape that is none', delta('a').replace('"a"', '"\\x"')],
  ['a field behind the text is kept', delta('a').replace('}', ',"first":7}')],
  ['a text of another name behind it too', delta('a').replace('}', ',"more":"b"}')],
  ['a second text is the one that counts', delta('a').replace('}', ',"text":"b"}')],
  ['a space at the end is nothing', `${delta('a')} `],
  ['a space within is nothing', delta('a').replace('}', ' }')],
  ['another block', delta('a').replace('3', '4')],
  ['another type', delta('a').replace('delta', 'Delta')],
  ['another order', JSON.stringify({ ...BLOCK, type: 'delta', text: 'a' })],
  ['a text that is no string', JSON.stringify({ type: 'delta', ...BLOCK, text: 7 })],
  ['no object', '[]'],
  ['nothing', ''],
])('%s', (_name, json) => expectSame(json))

test('whatever stands in it, it says what JSON.parse says', () => {
  const text = fc.oneof(fc.string({ maxLength: 12 }), fc.string({ unit: 'binary', maxLength: 4 }), fc.constantFrom('"}', '\\', '\t'))
  const edit = fc.record({
    at: fc.nat({ max: 120 }),
    gone: fc.integer({ min: 0, max: 2 }),
    put: fc.oneof(fc.constantFrom('', '"', '\\', '}', '{', ',', ':', '\n', '\0', '\u001f', ' ', '"}', '\\"'), fc.string({ maxLength: 2 })),
  })
  fc.assert(
    fc.property(text, fc.array(edit, { maxLength: 2 }), (text, edits) => {
      let json = delta(text)
      // Counted from the end, where the text is.
      for (const { at, gone, put } of edits) json = json.slice(0, Math.max(0, json.length - at - gone)) + put + json.slice(json.length - Math.min(at, json.length))
      expectSame(json)
    }),
    { numRuns: 3_000 },
  )
})
