import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseMarkdown } from './blocks.ts'
import { toMarkdown } from './escape.ts'
import { plainText } from './inline.ts'

test.each([
  ['A reader sends `Last-Event-ID`, and snake_case stays.', 'A reader sends `Last-Event-ID`, and snake_case stays.'],
  ['**bold** and [a](b) `*x*` [1]', '\\*\\*bold\\*\\* and \\[a](b) `*x*` \\[1]'],
  ['# no heading', '\\# no heading'],
  ['1. no item', '1\\. no item'],
  ['a <b>tag</b>', 'a <b>tag</b>'],
])('%j is said by %j', (text, markdown) => {
  expect(toMarkdown(text)).toBe(markdown)
})

test('whatever one line says, its Markdown says it too', () => {
  const line = fc.array(fc.constantFrom('a', 'b c', '*', '**', '_', '~~', '[', '](', ')', '[1]', '\\', '#', '- ', '1. ', '> ', '|', '<i>', '!', ' '), { maxLength: 12 })
    .map((parts) => parts.join('').trim()).filter((text) => text !== '')
  fc.assert(fc.property(line, (text) => {
    const [block, ...more] = parseMarkdown(toMarkdown(text), 'answer')
    expect([block?.kind, more]).toEqual(['paragraph', []])
    expect(block?.kind === 'paragraph' && plainText(block.spans)).toBe(text)
  }), { numRuns: 2000 })
})
