import { expect, test } from 'vitest'
import type { Json } from '../../event/run-event.ts'
import { lastUserText } from './last-user-text.ts'

const FILE: Json = { type: 'file', url: '/f', text: 'not said' }
const inTwo = (type: string): Json => [{ type, text: 'Why ' }, FILE, { type, text: 'not?' }]

test.each<[string, Json]>([
  ['useChat', { messages: [{ role: 'user', parts: inTwo('text') }, { role: 'assistant', parts: [{ type: 'text', text: 'So.' }] }] }],
  ['chat completions, plain', { messages: [{ role: 'user', content: 'Old' }, { role: 'user', content: 'Why not?' }] }],
  ['chat completions, in parts', { messages: [{ role: 'system', content: 'Be brief.' }, { role: 'user', content: inTwo('text') }] }],
  ['Anthropic and AG-UI, in blocks', { messages: [{ role: 'user', content: inTwo('text') }, { role: 'assistant', content: 'So.' }] }],
  ['Responses, plain', { input: 'Why not?' }],
  ['Responses, a conversation', { input: [{ role: 'user', content: 'Old' }, { type: 'message', role: 'user', content: inTwo('input_text') }] }],
])('the newest text of the user is found as %s has it', (_who, body) => {
  expect(lastUserText(body)).toBe('Why not?')
})

test.each<[string, Json]>([
  ['no body', null], ['no messages', {}], ['messages that are none', { messages: 'x' }], ['an empty text', { input: '' }],
  ['a message without text', { messages: [{ role: 'user' }] }], ['a file alone', { messages: [{ role: 'user', content: [FILE] }] }],
  ['words of the model alone', { messages: [{ role: 'assistant', content: 'x' }] }],
])('where there is no text of the user that is said: %s', (_what, body) => {
  expect(() => lastUserText(body)).toThrow('There is no text of the user')
})
