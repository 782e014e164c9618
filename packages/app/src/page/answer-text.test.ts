import fc from 'fast-check'
import { expect, test } from 'vitest'
import { AnswerText } from './answer-text.ts'
import type { Mark } from './answer-text.ts'

/** The marks of a text that comes in these chunks, with neighbouring texts joined. */
function read(...chunks: readonly string[]): string[] {
  const reader = new AnswerText()
  const marks = [...chunks.flatMap((chunk) => reader.push(chunk)), ...reader.push('', true)]
  return marks.reduce<string[]>((out, mark) => {
    const last = out.at(-1)
    if (mark.kind === 'text' && last?.startsWith('"') === true) out.splice(-1, 1, `${last}${mark.text}`)
    else out.push(show(mark))
    return out
  }, [])
}
function show(mark: Mark): string {
  if (mark.kind === 'text') return `"${mark.text}`
  return mark.kind === 'cite' ? `[${String(mark.number)}]` : mark.kind
}

test('reads paragraphs, items, code and citations', () => {
  expect(read('One `a[1]` two. [1]\n\n• first\n• second [2]\n\n```\nx = `1`\n\ny\n```\n[3] end')).toEqual([
    '"One ', 'code', '"a[1]', 'code-end', '" two. ', '[1]', 'item', '"first', 'item', '"second ', '[2]',
    'fence', '"x = `1`\n\ny', 'fence-end', 'line', '[3]', '" end',
  ])
})

test('what only looks like a mark is text', () => {
  expect(read('a [b] [1 [123] <b>& ``')).toEqual(['"a [b] [1 [123] <b>& ', 'code', 'code-end'])
  expect(read('open `code')).toEqual(['"open ', 'code', '"code'])
  expect(read('```\nopen\n``')).toEqual(['fence', '"open\n``'])
})

test('newlines at the end are nothing', () => {
  expect(read('a\n\n\n')).toEqual(['"a'])
})

test('a line too long for the name of a language begins no fence', () => {
  expect(read(`\`\`\`${'x'.repeat(200)}\ny`)).toEqual(['fence', '"y'])
  expect(read(`\`\`\`${'x'.repeat(201)}\ny`)).toEqual(['code', 'code-end', 'code', `"${'x'.repeat(201)}`, 'code-end', 'line', '"y'])
})

/** In time that grows with the square of the length, each of these takes far longer than the test may. */
test.each([
  ['a fence without a newline', ['```', ...Array<string>(400_000).fill('abcd')]],
  ['newlines', Array<string>(400_000).fill('\n\n')],
  ['brackets', Array<string>(200_000).fill('[[')],
  ['backticks', Array<string>(200_000).fill('`a')],
  ['a fence of backticks', ['```\n', ...Array<string>(200_000).fill('\n``')]],
])('hostile text in many pieces costs linear time: %s', { timeout: 5000 }, (_name, chunks) => {
  const reader = new AnswerText()
  let marks = 0
  for (const chunk of chunks) marks += reader.push(chunk).length
  expect(marks).toBeLessThanOrEqual(2 * chunks.length)
})

test('the chunks a text comes in change nothing', () => {
  const alphabet = fc.array(fc.constantFrom('a', ' ', '`', '```', '\n', '\n\n', '[1]', '[', '2', ']', '• ', '•', '\n```\n', 'x'.repeat(199)), { maxLength: 30 })
  fc.assert(fc.property(alphabet, fc.array(fc.nat(300), { maxLength: 20 }), (parts, cuts) => {
    const text = parts.join('')
    const places = [...new Set([0, ...cuts.filter((cut) => cut < text.length), text.length])].sort((a, b) => a - b)
    const chunks = places.slice(1).map((place, at) => text.slice(places[at], place))
    expect(read(...chunks)).toEqual(read(text))
  }), { numRuns: 1000 })
})
