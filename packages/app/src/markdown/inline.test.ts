import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseInline, plainText } from './inline.ts'

const plain = (text: string): string => plainText(parseInline(text))

test.each([
  ['A **bold** and an *emphasised* word', 'A bold and an emphasised word'],
  ['See [the guide](guide.md "Guide") first', 'See the guide first'],
  ['An ![image of a mill](mill.png) here', 'An image of a mill here'],
  ['Write `a * b * c` and ``x ` y``', 'Write `a * b * c` and x ` y'],
  ['snake_case_names and 2 * 3 * 4 stay', 'snake_case_names and 2 * 3 * 4 stay'],
  ['<b>Tags</b> go, a < b stays <!-- not this -->', 'Tags go, a < b stays '],
  ['<https://example.com/a>', 'https://example.com/a'],
  ['Escaped \\*stars\\* and [an open bracket', 'Escaped *stars* and [an open bracket'],
  ['**An open mark', '**An open mark'],
])('reads %j as %j', (markdown, expected) => {
  expect(plain(markdown)).toBe(expected)
})

test('keeps where a link leads', () => {
  expect(parseInline('[x](javascript:alert(1))')).toMatchObject([{ kind: 'link', href: 'javascript:alert(1' }, { kind: 'text', text: ')' }])
})

test('reads the numbers of sources, also side by side, and no others', () => {
  expect(parseInline('a [1][12]. [123] [2](b) `[3]`')).toMatchObject([
    { kind: 'text' }, { kind: 'cite', number: 1 }, { kind: 'cite', number: 12 }, { kind: 'text', text: '. [123] ' }, { kind: 'link', href: 'b' }, { kind: 'text' }, { kind: 'code', text: '[3]' },
  ])
  expect(plain('a [1][12]')).toBe('a [1][12]')
})

test('reads what was struck out', () => {
  expect(parseInline('~~no~~ ~ yes')).toMatchObject([{ kind: 'del', spans: [{ text: 'no' }] }, { kind: 'text', text: ' ~ yes' }])
})

test('words without marks come out as they went in', () => {
  fc.assert(fc.property(fc.stringMatching(/^[a-zA-Z0-9 .,;:?]*$/), (text) => {
    expect(plain(text)).toBe(text)
  }))
})

test.each(['[', '*', '`', '<', '**a', '![', '_a ', '`a``', '[a](', '<a '])('reads 200,000 characters of %j in a bounded number of steps', (part) => {
  // Would take minutes if it were quadratic; the runner's own time limit is the judge.
  const text = part.repeat(Math.ceil(200_000 / part.length))
  expect(plain(text).length).toBeLessThanOrEqual(text.length)
})
