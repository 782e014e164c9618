import type { EarlierTurn } from 'millrace/chat'
import { expect, test } from 'vitest'
import { toDocument } from '../search/passages.ts'
import { SearchIndex } from '../search/search-index.ts'
import { promptOf } from './prompt.ts'
import type { Prompt, Room } from './prompt.ts'

const PARAGRAPH = 'Water turns the wheel of the mill, and the wheel turns the stone that grinds. '.repeat(6).trim()
const index = new SearchIndex([
  toDocument('mill.md', `# The wheel\n\n${PARAGRAPH}\n\n# A wheel of ice\n\n${PARAGRAPH}`),
  toDocument('other.md', `# Wheel and stone\n\n${PARAGRAPH}`),
])
/** Every letter a token. */
const room = (tokens: number): Room => ({ tokens, count: (text) => text.length })
const ask = (tokens: number, question = 'What turns the wheel?'): Prompt => promptOf({ question, history: [] }, index.search(question, 4), room(tokens))
const sizeOf = ({ messages }: Prompt): number => messages.map(({ text }) => text).join('\n\n').length

test('numbers the passages as the page does, and asks to be answered from them', () => {
  const { messages, sources } = ask(10_000)
  expect(messages.map(({ role }) => role)).toEqual(['system', 'user'])
  expect(messages[0]?.text).toContain('cite them by number')
  const numbered = [...(messages[1]?.text ?? '').matchAll(/^\[(\d)\] (.*)$/gm)].map(([, number, title]) => [Number(number), title])
  expect(numbered).toEqual(sources.map(({ title }, at) => [at + 1, title]))
  expect(sources.length).toBe(3)
  expect(messages[1]?.text.endsWith('Question: What turns the wheel?\n\nAnswer:')).toBe(true)
})

test('never asks for more room than there is, and uses what there is', () => {
  for (let tokens = 150; tokens < 2000; tokens += 37) {
    const prompt = ask(tokens)
    expect(sizeOf(prompt)).toBeLessThanOrEqual(tokens)
    for (const { text } of prompt.messages) expect(text).toMatch(/\S$/)
  }
  expect(ask(300).sources.length).toBe(1)
  expect(sizeOf(ask(500))).toBeGreaterThan(400)
})

test('the newest of what was said before comes first of what is left out last, within a third of the room', () => {
  const history = [1, 2, 3].map((n): EarlierTurn => ({ query: `Question ${String(n)}?`, content: 'x'.repeat(300), status: 'completed' }))
  const { messages } = promptOf({ question: 'What turns the wheel?', history }, index.search('wheel', 4), room(2000))
  expect(messages.map(({ role }) => role)).toEqual(['system', 'user', 'assistant', 'user', 'assistant', 'user'])
  expect(messages[1]?.text).toBe('Question 2?')
  expect(messages.map(({ text }) => text).join('\n\n').length).toBeLessThanOrEqual(2000)
})

test('a passage too short to say anything is left out', () => {
  expect(ask(130).sources).toEqual([])
})

test('where nothing was found, the model is told so', () => {
  const { messages, sources } = ask(1000, 'Zebras?')
  expect(sources).toEqual([])
  expect(messages[0]?.text).toContain('nothing about this')
})
