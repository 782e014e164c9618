import { expect, test } from 'vitest'
import { toDocument } from '../search/passages.ts'
import { SearchIndex } from '../search/search-index.ts'
import { compose } from './compose.ts'
import { splitProse } from './sentences.ts'

const MILL = `# The mill

The wheel stands in the race. Water turns the wheel, e.g. in spring. Birds sing nearby.

## How to start

Open the sluice first:

\`\`\`sh
sluice --open # slowly
\`\`\`

- Check the **wheel** for [ice](ice.md).
- Greet the miller.
`
const answer = (question: string, text: string = MILL): ReturnType<typeof compose> => {
  return compose(new SearchIndex([toDocument('mill.md', text)]).search(question, 4))
}

test('every sentence of an answer stands in the documents, in their order, with the number of its source', () => {
  const { text, sources } = answer('What turns the wheel?')
  expect(text).toMatch(/^The wheel stands in the race\. Water turns the wheel, e\.g\. in spring\./)
  expect(text).toMatch(/ \[1\]/)
  expect(sources[0]).toMatchObject({ title: 'mill.md › The mill', url: '/docs/mill.md#the-mill' })
})

test('keeps code as it stands, with the sentence that introduces it', () => {
  expect(answer('How do I open the sluice?').text).toContain('Open the sluice first: [1]\n\n```\nsluice --open # slowly\n```')
})

test('each source is cited, each citation has a source', () => {
  const { text, sources } = answer('wheel')
  const cited = [...text.matchAll(/\[(\d+)\]/g)].map((match) => Number(match[1]))
  expect(cited).toEqual(sources.map((_, at) => at + 1))
  expect(cited.length).toBeGreaterThan(1)
})

test('says plainly that it found nothing, and cites nothing', () => {
  const { text, sources } = answer('What is the capital of France?')
  expect(text).toMatch(/^I found nothing about that/)
  expect(text).not.toMatch(/\[\d/)
  expect(sources).toEqual([])
})

test('says the same every time, and the same sentence once', () => {
  const twice = `${MILL}\n\n# Copy\n\nWater turns the wheel, e.g. in spring.\n`
  expect(answer('wheel', twice)).toEqual(answer('wheel', twice))
  expect(answer('wheel', twice).text.split('Water turns the wheel').length).toBe(2)
})

test('an excerpt is short and ends at a word', () => {
  const [source] = answer('wheel', `# Wheel\n\n${'The wheel and the wheel '.repeat(40)}.`).sources
  expect(source?.excerpt.length).toBeLessThanOrEqual(223)
  expect(source?.excerpt).toMatch(/(The|wheel|and|the) …$/)
})

test('sentences do not end at abbreviations or inside code', () => {
  expect(splitProse('Use e.g. Oak. Call `a. B` now. 3.5 is fine! Yes?')).toEqual(['Use e.g. Oak.', 'Call `a. B` now.', '3.5 is fine!', 'Yes?'])
})

test('a paragraph without an end gives its beginning, and hostile ones cost no more than their length', () => {
  const endless = answer('wheel', `# Wheel\n\n${'wheel and '.repeat(20_000)}`)
  expect(endless.text.length).toBeLessThan(700)
  expect(endless.text).toMatch(/ … \[1\]$/)
  // An open backtick once kept every sentence after it together, and looked at all of them each time.
  expect(splitProse(`\`${'One. Two! '.repeat(20_000)}`).length).toBeGreaterThan(100)
})

test('a list of any length can be answered from', () => {
  expect(answer('wheel', `# Mill\n\n${'- a wheel\n'.repeat(150_000)}- the wheel of the mill\n`).text).toContain('wheel')
})
