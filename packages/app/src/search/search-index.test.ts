import { expect, test } from 'vitest'
import { toDocument } from './passages.ts'
import { SearchIndex } from './search-index.ts'

const index = new SearchIndex([
  toDocument('mill.md', '# The mill\n\nWater turns the wheel.\n\n## Repairing the wheel\n\nUse oak, and let it dry.\n\n## Flour\n\nStones grind grain into flour.'),
  toDocument('river.md', '# The river\n\nThe river brings water all year.\n\n## Floods\n\nClose the sluice when floods come.'),
  toDocument('jp.md', '# 水車\n\n水車は川の水で回ります。'),
])
const ids = (question: string): string[] => index.search(question, 5).found.map((found) => found.passage.id)

test('finds the passage a question is about, by its heading first', () => {
  expect(ids('How do I repair a wheel?')[0]).toBe('mill.md#repairing-the-wheel')
  expect(ids('what grinds the grain')[0]).toBe('mill.md#flour')
})

test('finds other forms of a word, and words spelt wrong', () => {
  expect(ids('flooding')[0]).toBe('river.md#floods')
  expect(ids('sluise')[0]).toBe('river.md#floods')
})

test('finds words of scripts without spaces', () => {
  expect(ids('水車')[0]).toBe('jp.md#水車')
})

test('finds nothing for what the documents do not speak of', () => {
  expect(ids('What is the capital of France?')).toEqual([])
  expect(ids('how are you')).toEqual([])
  expect(ids('')).toEqual([])
})

test('relevance lies between 0 and 1 and the best comes first', () => {
  const relevances = index.search('water wheel', 5).found.map((found) => found.relevance)
  expect(relevances.length).toBeGreaterThan(1)
  expect(relevances).toEqual([...relevances].sort((a, b) => b - a))
  for (const relevance of relevances) expect(relevance > 0 && relevance <= 1).toBe(true)
})

test('the same question finds the same, in another index of the same documents too', () => {
  const again = new SearchIndex([...index.documents.values()])
  expect(again.search('water wheel', 5)).toEqual(index.search('water wheel', 5))
})
