import type { EarlierTurn } from 'millrace/chat'
import { expect, test } from 'vitest'
import { searchWords } from './follow-up.ts'

const history: readonly EarlierTurn[] = [
  { query: 'What is a mill?', content: 'A house.', status: 'completed' },
  { query: 'How does a wheel turn?', content: 'By water.', status: 'completed' },
]

test.each(['Why?', 'And in winter?', 'What does it need?', 'And then?', 'Who made them?'])('%j is looked for with the question before it', (question) => {
  expect(searchWords(question, history)).toBe(`How does a wheel turn?\n${question}`)
  expect(searchWords(question, [])).toBe(question)
})

test.each(['What is a run?', 'How does a reader resume?', 'Can it be used behind nginx with many other readers?'])('%j says by itself what is meant', (question) => {
  expect(searchWords(question, history)).toBe(question)
})
