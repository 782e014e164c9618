import { afterEach, beforeEach, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { ChatApp, patient } from '../../../../../test/support/chat-app.ts'
import { createSessions } from '../../chat/index.ts'
import { serve, type Served } from '../../runtime/index.ts'
import { defaultHost, type Host } from '../host.ts'
import { overWebSocket } from '../websocket/host.ts'
import { createChatClient, type ChatClient } from './chat-client.ts'

let app: ChatApp
let served: Served
/** Tokens that the server does not take any more. */
let revoked: Set<string>
let sessionsMade: number
let keys: (string | null)[]

beforeEach(async () => {
  revoked = new Set()
  sessionsMade = 0
  keys = []
  const secret = new TextEncoder().encode('of this test alone, thirty-two or more')
  const sessions = createSessions({ keys: { current: { id: 'one', secret } }, authenticate: ({ headers }) => headers.get('X-User') })
  app = new ChatApp({
    sessions,
    turn: patient,
    authenticate: (request) => (revoked.has(tokenOf(request.headers)) ? null : sessions.authenticate(request)),
  })
  served = await serve(app.server.app, { port: 0 })
})

afterEach(async () => {
  await app.server.app.close()
  await served.close()
})

function tokenOf(headers: Headers): string {
  return (headers.get('Authorization') ?? '').replace('Bearer ', '')
}

function clientOver(host: Host = defaultHost): ChatClient {
  const fetch: Host['fetch'] = (url, init) => {
    const headers = new Headers(init.headers)
    if (url.endsWith('/sessions')) sessionsMade += 1
    if (url.endsWith('/turns') && init.method === 'POST') keys.push(headers.get('Idempotency-Key'))
    return host.fetch(url, init)
  }
  return createChatClient(served.url, { headers: { 'X-User': 'ada' }, host: { ...host, fetch } })
}

const quick = { query: 'quick' }

test('what is asked with a session is asked in its name', async () => {
  const chat = clientOver()
  const session = await chat.session({ instanceId: 'i', userId: 'ada', projectId: 'p' })
  const { conversationId } = await chat.startConversation(session)
  const context = { sessionId: session.sessionId, token: session.token, conversationId }
  expect((await chat.chat(context, quick)).messageContent).toBe('About quick')
  // The same person without the session is another: the context narrowed it.
  await expect(chat.history({ conversationId })).rejects.toMatchObject({ code: 'not_found' })
})

test('a token that no longer holds is renewed once for all who need it, and each question is asked once, under its own key', async () => {
  const chat = clientOver()
  const session = await chat.session({ userId: 'ada' })
  const contexts = await Promise.all(['a', 'b', 'c'].map(async (title) => ({ ...session, ...(await chat.startConversation(session, { title })) })))
  revoked.add(session.token)
  const answers = await Promise.all(contexts.map((context) => chat.chat(context, quick)))
  expect(answers.map(({ messageContent }) => messageContent)).toEqual(['About quick', 'About quick', 'About quick'])
  expect(sessionsMade).toBe(2)
  expect(keys).toHaveLength(6)
  expect(new Set(keys).size).toBe(3)
  for (const context of contexts) expect((await chat.history(context)).turns).toHaveLength(1)
})

test('a second refusal is thrown, and no session is asked for again and again', async () => {
  const chat = clientOver()
  const session = await chat.session({ userId: 'ada' })
  const context = { ...session, ...(await chat.startConversation(session)) }
  revoked = { has: (token: string) => token !== '' } as Set<string>
  await expect(chat.chat(context, quick)).rejects.toMatchObject({ code: 'unauthorized' })
  expect(sessionsMade).toBe(2)
})

test('a context that was kept elsewhere is not renewed: nobody here knows for whom it was', async () => {
  const session = await clientOver().session({ userId: 'ada' })
  revoked.add(session.token)
  await expect(clientOver().conversations(session)).rejects.toMatchObject({ code: 'unauthorized' })
  expect(sessionsMade).toBe(1)
})

test('an answer that is being read goes on in the name of the new session', async () => {
  const chat = clientOver()
  const session = await chat.session({ userId: 'ada' })
  const context = { ...session, ...(await chat.startConversation(session)) }
  const { run } = await chat.ask(context, { query: 'slow' })
  const source = run.text()
  expect((await source.next()).value).toBe('About slow')
  revoked.add(session.token)
  await run.cancel()
  expect((await source.next()).done).toBe(true)
  expect(sessionsMade).toBe(2)
})

test('over a WebSocket too', async () => {
  class Headed extends WebSocket {}
  const chat = clientOver(overWebSocket({ WebSocket: Headed }))
  const session = await chat.session({ userId: 'ada' })
  const context = { ...session, ...(await chat.startConversation(session)) }
  const { run } = await chat.ask(context, { query: 'slow' })
  revoked.add(session.token)
  const source = run.text()
  expect((await source.next()).value).toBe('About slow')
  await source.return?.()
  await run.cancel()
  expect((await run.result).status).toBe('cancelled')
  expect(sessionsMade).toBe(2)
})
