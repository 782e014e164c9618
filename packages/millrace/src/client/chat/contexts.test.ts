import { expect, test } from 'vitest'
import { createChatClient, type ChatClient } from './chat-client.ts'

const CONVERSATION = 'AAAAAAAAAAAAAAAAAAAAA_.AAAAAAAAAAAAAAAAAAAAA_'
const QUERY = { query: 'Why?' }

/** A client that is not to ask anything. */
const chat = createChatClient('http://localhost', { headers: () => expect.unreachable('something was sent') })

/** What somebody passes who writes no types. */
const untyped = (value: unknown): never => value as never

test.each<[string, (chat: ChatClient) => unknown, string]>([
  ['a session for an empty name', ({ session }) => session.call(chat, { userId: '' }), '`userId` of the session must be a text that is not empty.'],
  ['a session for a number', ({ session }) => session.call(chat, untyped({ projectId: 7 })), '`projectId` of the session must be a text that is not empty.'],
  ['no context', () => chat.ask(untyped(undefined), QUERY), '`conversationId` of the context is missing: it is the id that `startConversation` gave.'],
  ['a context that is a conversation', () => chat.history(untyped(CONVERSATION)), '`conversationId` of the context is missing: it is the id that `startConversation` gave.'],
  ['no conversation', () => chat.ask(untyped({}), QUERY), '`conversationId` of the context is missing: it is the id that `startConversation` gave.'],
  ['what is no conversation', () => chat.history({ conversationId: '../runs' }), '`conversationId` of the context must be the id that `startConversation` gave.'],
  ['a session without its token', () => chat.conversations({ sessionId: 's' }), '`token` of the context is missing: it is the token that `session` gave.'],
  ['a token that is none', () => chat.startConversation({ token: 'a\nb' }), '`token` of the context must be the token that `session` gave.'],
  ['no question', () => chat.chat({ conversationId: CONVERSATION }, {}), '`query` of the request is missing: it is a text that is not empty.'],
  ['an empty question', () => chat.chatStream({ conversationId: CONVERSATION }, { query: '' }).next(), '`query` of the request must be a text that is not empty.'],
  ['a parent that is none', () => chat.ask({ conversationId: CONVERSATION }, { ...QUERY, parent: 'x' }), '`parent` of the request must be the id of a turn, or null.'],
  ['a key that no header can say', () => chat.ask({ conversationId: CONVERSATION }, { ...QUERY, key: 'ä' }), '`key` of the request must be 1 to 255 visible ASCII characters.'],
  ['an empty model', () => chat.ask({ conversationId: CONVERSATION }, { ...QUERY, model: '' }), '`model` of the request must be a text that is not empty.'],
  ['a turn that is none', () => chat.chat({ conversationId: CONVERSATION }, { turn: 'x' }), '`turn` of the request must be the id of a turn.'],
])('%s is refused before anything is sent, and it is said which field is wrong and what is wanted', async (_what, ask, message) => {
  await expect(async () => ask(chat)).rejects.toMatchObject({ code: 'invalid_request', message })
})

test.each(['supersedes', 'continues'])('%s needs no question of its own', async (field) => {
  const asked = createChatClient('http://localhost', { host: { ...(await import('../host.ts')).defaultHost, fetch: async () => new Response('{}', { status: 422 }) } })
  const request = { [field]: 'AAAAAAAAAAAAAAAAAAAAA_' }
  await expect(asked.ask({ conversationId: CONVERSATION }, request)).rejects.not.toMatchObject({ code: 'invalid_request' })
})
