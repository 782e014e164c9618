import { expect, test } from 'vitest'
import { blockText, toDocument } from './passages.ts'

const LONG = 'A sentence of some length that fills the passage. '.repeat(10)

test('cuts by heading and names the passages after them', () => {
  const { title, passages } = toDocument('guide/start.md', '# Start\n\nHello.\n\n## First steps\n\nGo.\n\n## First steps\n\nAgain.')
  expect(title).toBe('Start')
  expect(passages.map((passage) => [passage.id, passage.title])).toEqual([
    ['guide/start.md#start', 'guide/start.md › Start'],
    ['guide/start.md#first-steps', 'guide/start.md › First steps'],
    ['guide/start.md#first-steps-2', 'guide/start.md › First steps'],
  ])
})

test('cuts long sections by paragraph and never inside one', () => {
  const { passages } = toDocument('a.md', `# A\n\n${LONG}\n\n${LONG}\n\n${LONG}`)
  expect(passages.map((passage) => passage.blocks.length)).toEqual([1, 1, 1])
  expect(passages.map((passage) => passage.heading !== null)).toEqual([true, false, false])
})

test('keeps code with the sentence before it, and whole', () => {
  const code = 'x = 1\n\n'.repeat(200)
  const { passages } = toDocument('a.md', `${LONG}\n\nFor example:\n\n\`\`\`\n${code}\`\`\`\n`)
  expect(passages.at(-1)?.blocks.map((block) => block.kind)).toEqual(['paragraph', 'paragraph', 'code'])
  expect(passages.at(-1)?.blocks.map(blockText).at(-1)).toBe(code.slice(0, -1))
})

test('anchors are distinct even where headings look like numbered anchors', () => {
  const { passages } = toDocument('a.md', '# x\n\n# x-2\n\n# x\n\n# x\n\n# !\n\n# ?')
  const anchors = passages.map((passage) => passage.anchor)
  expect(new Set(anchors).size).toBe(anchors.length)
})

test('a document without words has no passages', () => {
  expect(toDocument('a.md', '\n\n---\n').passages).toEqual([])
})

test('anchors and links are sound whatever letters a heading has', () => {
  const [passage] = toDocument('a.md', `# ${'𝒜'.repeat(100)}\n\nx`).passages
  expect(passage?.anchor).toBe('𝒜'.repeat(80))
  expect(encodeURIComponent(passage?.anchor ?? '')).toMatch(/^%F0/)
})

test('passages below a heading of any length carry only its beginning along', () => {
  const { title, passages } = toDocument('a.md', `# ${'ab '.repeat(50_000)}\n\n${'## c\n\nd\n\n'.repeat(1000)}`)
  expect(title).toHaveLength(200)
  expect(passages).toHaveLength(1001)
  for (const passage of passages) expect(`${passage.title}${passage.headings.join('')}`.length).toBeLessThan(500)
})
