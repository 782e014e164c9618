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
const ask = (tokens: number, question = 'What turns the wheel?'): Prompt => promptOf(question, index.search(question, 4), room(tokens))
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

test('a passage too short to say anything is left out', () => {
  expect(ask(130).sources).toEqual([])
})

test('where nothing was found, the model is told so', () => {
  const { messages, sources } = ask(1000, 'Zebras?')
  expect(sources).toEqual([])
  expect(messages[0]?.text).toContain('nothing about this')
})
