import { expect, test } from 'vitest'
import { plainText } from './inline.ts'
import { parseMarkdown, parsePlain } from './blocks.ts'
import type { Block } from './blocks.ts'

/** Kind and text of each block, in short. */
function outline(markdown: string): string[] {
  return parseMarkdown(markdown).map(describe)
}
function describe(block: Block): string {
  switch (block.kind) {
    case 'heading':
      return `h${String(block.level)} ${plainText(block.spans)}`
    case 'list':
      return `${block.ordered ? 'ol' : 'ul'} ${block.items.map(({ depth, spans }) => '>'.repeat(depth) + plainText(spans)).join(' / ')}`
    case 'table':
      return `table ${block.rows.map((row) => row.map(plainText).join('|')).join(' / ')}`
    case 'code':
      return `code ${block.text}`
    default:
      return `${block.kind} ${plainText(block.spans)}`
  }
}

test('reads headings of both forms', () => {
  expect(outline('# One #\n\nTwo\n---\n\nThree\n===\n####### no')).toEqual(['h1 One', 'h2 Two', 'h1 Three', 'paragraph ####### no'])
})

test('keeps a code fence whole, blank lines, hashes and shorter fences included', () => {
  expect(outline('Before\n````js\n# no heading\n\n```\nx\n````\nafter')).toEqual(['paragraph Before', 'code # no heading\n\n```\nx', 'paragraph after'])
})

test('ends an unclosed fence with the document', () => {
  expect(outline('```\nleft open')).toEqual(['code left open'])
})

test('reads indented code', () => {
  expect(outline('Like this:\n\n    a ─▶ b\n\n    c\n\nDone')).toEqual(['paragraph Like this:', 'code a ─▶ b\n\nc', 'paragraph Done'])
})

test('reads lists with lines that go on, and numbered ones', () => {
  expect(outline('- one\n  goes on\n- two\n\n1. first\n2. second')).toEqual(['ul one goes on / two / first / second'])
  expect(outline('1. first\n2) second')).toEqual(['ol first / second'])
})

test('reads items in items, and the number that a list begins with', () => {
  expect(outline('- a\n  - b\n    - c\n  - d\n- e\n   - f\n - g')).toEqual(['ul a / >b / >>c / >d / e / >f / g'])
  expect(parseMarkdown('3. three\n4. four')).toMatchObject([{ kind: 'list', ordered: true, start: 3 }])
})

test('of an answer nothing is left out: tags, references and lines stay', () => {
  const [block] = parseMarkdown('A <b>tag</b> of\nanother [line][2].', 'answer')
  expect(block?.kind === 'paragraph' && plainText(block.spans)).toBe('A <b>tag</b> of\nanother [line][2].')
  expect(parseMarkdown('---\na: b\n---\nText', 'answer')).toHaveLength(2)
})

test('reads tables, also with escaped bars', () => {
  expect(outline('| a | b |\n|---|:-:|\n| `x` | y \\| z |')).toEqual(['table a|b / `x`|y | z'])
})

test('a rule, front matter and quotes', () => {
  expect(outline('---\ntitle: x\n---\nText\n\n***\n\n> said\n> so')).toEqual(['paragraph Text', 'quote said so'])
})

test('plain text has paragraphs and no markup', () => {
  expect(parsePlain('# not a heading\nsame\n\n*two*').map(describe)).toEqual(['paragraph # not a heading same', 'paragraph *two*'])
})

const SPACES = ' '.repeat(200_000)

/** In time that grows with the square of the length, each of these takes far longer than the test may. */
test.each([
  ['a fence that is none', `${'~'.repeat(400_000)}\``],
  ['a heading with a line separator', `# ${SPACES}a\u2028b`],
  ['an item with a line separator', `- ${SPACES}a\u2028b`],
  ['a table that is none', `|${SPACES}x\n${' -'.repeat(200_000)}x`],
  ['an item of many lines', `- a\n${'b\n'.repeat(200_000)}`],
  ['quotes in quotes', '> '.repeat(200_000)],
  ['items in items', '- '.repeat(200_000)],
  ['empty lines', '\n'.repeat(400_000)],
])('reads hostile text in linear time: %s', { timeout: 5000 }, (_name, text) => {
  expect(parseMarkdown(text).length).toBeLessThan(text.length)
  expect(parsePlain(text).length).toBeLessThan(text.length)
})

test('the line separators of Unicode end no line and hide no mark', () => {
  expect(outline('# a\u2028b\n- c\u2029d\n\n> e\u2028f')).toEqual(['h1 a\u2028b', 'ul c\u2029d', 'quote e\u2028f'])
})
