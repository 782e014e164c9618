import { inspect } from 'node:util'
import { SignJWT } from 'jose'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { WebSocket } from 'ws'
import { posting } from '../../../../test/support/app.ts'
import { ChatApp, patient } from '../../../../test/support/chat-app.ts'
import { ChatSocket } from '../../../../test/support/chat-socket.ts'
import { Description } from '../../../../test/support/open-api.ts'
import { createChatClient } from '../client/chat/chat-client.ts'
import { overWebSocket } from '../client/websocket/host.ts'
import { serve, type Served } from '../runtime/node/serve.ts'
import { createSessions, type Sessions } from './sessions.ts'

const secret = new Uint8Array(32).fill(7)
const sessionsOf = (audience = 'millrace-chat'): Sessions =>
  createSessions({ keys: { current: { id: 'one', secret } }, audience, authenticate: ({ headers }) => headers.get('X-User') })
const sessions = sessionsOf()
type Headers = Readonly<Record<string, string>>
const bearer = (token: string): Headers => ({ 'X-User': 'ada', Authorization: `Bearer ${token}` })

let chat: ChatApp
let served: Served
let conversation: string
let turn: string
let asks: readonly { readonly method: string; readonly path: string }[]

beforeEach(async () => {
  chat = new ChatApp({ turn: patient, sessions, heartbeat: 1_000 })
  served = await serve(chat.server.app, { port: 0 })
  conversation = await chat.start('Hers')
  turn = (await chat.begin(conversation, 'slow')).id
  const { operations } = new Description(await (await chat.request('/openapi.json')).json())
  asks = [
    ...operations.map(({ method, path }) => ({ method, path: `/chat${path}` })),
    ...['', '?dialect=chunk', '?dialect=html', '?wait=1'].map((query) => ({ method: 'GET', path: `/runs/{run}${query}` })),
    { method: 'POST', path: '/runs/{run}/signals' }, { method: 'DELETE', path: '/runs/{run}' }, { method: 'GET', path: '/progress/{run}' },
  ]
})
afterEach(async () => {
  await chat.server.app.close()
  await served.close()
})

/** A body that would do something, were it let. */
const BODIES: Readonly<Record<string, object>> = { '/signals': { type: 'cancel' }, '/turns': { query: 'quick' } }
function asked(method: string, path: string, headers: Headers): Promise<Response> {
  const body = Object.entries(BODIES).find(([end]) => path.endsWith(end))?.[1] ?? { title: 'Mine' }
  return chat.server.ask(path, method === 'GET' || method === 'DELETE' ? { method, headers } : { ...posting(body, headers), method })
}

/** Who is not ada, or is her only in part. */
const strangers: Readonly<Record<string, () => Promise<Headers> | Headers>> = {
  'another user': () => ({ 'X-User': 'eve' }),
  'another user’s session': async () => bearer((await sessions.open({ principal: 'eve' })).token),
  'another user’s session of a project': async () => bearer((await sessions.open({ principal: 'eve' }, { projectId: 'ada' })).token),
  'her own session, narrowed to a project': async () => bearer((await sessions.open({ principal: 'ada' }, { projectId: 'p' })).token),
}

test.each(Object.keys(strangers))('whatever is hers is not there, as what never was, for %s', async (who) => {
  const headers = await strangers[who]!()
  const nothing = `${'x'.repeat(22)}.${'y'.repeat(22)}`
  const named = asks.filter(({ path }) => path.includes('{'))
  expect(named.length).toBeGreaterThan(10)
  for (const { method, path } of named) {
    const at = (id: string, run: string): string => path.replace('{conversationId}', id).replace('{run}', run)
    const [hers, none] = await Promise.all([asked(method, at(conversation, turn), headers), asked(method, at(nothing, nothing), headers)])
    // To pages that cannot stop on 404, dialect `html` says it with 200.
    expect([method, path, hers.status]).toEqual([method, path, path.includes('html') ? 200 : 404])
    const [said, saidOfNone] = [await hers.text(), await none.text()]
    expect(said.replaceAll(turn.replace('.', '_'), 'ID')).toBe(saidOfNone.replaceAll(nothing.replace('.', '_'), 'ID'))
  }
  expect(await (await chat.request('/conversations', { headers })).json()).toEqual({ conversations: [] })
  expect(await (await chat.server.ask('/runs', { headers })).json()).toEqual({ runs: [] })
  await using socket = await ChatSocket.open(served.url, headers)
  for (const message of [{ query: 'quick', conversationId: conversation }, { turn }, { type: 'cancel' }, { query: 'quick', conversationId: 'none' }]) socket.say(message)
  await vi.waitUntil(() => socket.chunks.length === 3)
  expect(socket.chunks.map(({ error }) => error?.code)).toEqual(['not_found', 'not_found', 'not_found'])
  expect((await chat.server.store.find(turn))?.status).toBe('running')
  expect((await chat.turns(conversation)).turns).toHaveLength(1)
})

const now = (): number => Math.floor(Date.now() / 1_000)
const forged = (claims: object, by = secret): Promise<string> =>
  new SignJWT({ iss: 'millrace', aud: 'millrace-chat', sub: 'ada', sid: 'x', names: {}, iat: now(), nbf: now(), exp: now() + 60, ...claims })
    .setProtectedHeader({ alg: 'HS256', typ: 'millrace-session+jwt', kid: 'one' }).sign(by)
const wrongTokens: Readonly<Record<string, () => Promise<string>>> = {
  expired: () => forged({ exp: now() - 1 }),
  forged: () => forged({}, new Uint8Array(32).fill(8)),
  'for another audience': async () => (await sessionsOf('another').open({ principal: 'ada' })).token,
  'no token at all': () => Promise.resolve('x'),
}

test.each(Object.keys(wrongTokens))('a token that is %s is 401 everywhere, and no more is said than to who says nothing', async (name) => {
  const headers = bearer(await wrongTokens[name]!())
  for (const { method, path } of asks) {
    const at = path.replace('{conversationId}', conversation).replace('{run}', turn)
    // Who opens a session is asked for another proof, and this one is nobody's there.
    const [wrong, silent] = await Promise.all([{ ...headers, 'X-User': '' }, { 'X-User': '' }].map((sent) => asked(method, at, sent)))
    expect([method, path, wrong!.status]).toEqual([method, path, 401])
    expect(await wrong!.text()).toBe(await silent!.text())
    expect([...wrong!.headers]).toEqual([...silent!.headers])
    // A good name beside a wrong token counts for nothing, but where sessions are opened.
    expect((await asked(method, at, headers)).status).toBe(path === '/chat/sessions' ? 201 : 401)
  }
  await using socket = await ChatSocket.open(served.url, headers)
  socket.say({ query: 'quick', conversationId: conversation })
  expect((await socket.gone()).code).toBe(4401)
  expect((await chat.server.store.find(turn))?.status).toBe('running')
})

test('a session opens no session: it would never end', async () => {
  const { token } = await sessions.open({ principal: 'ada' })
  expect((await chat.request('/sessions', posting({}, { 'X-User': '', Authorization: `Bearer ${token}` }))).status).toBe(401)
})

test('naming another project each time multiplies no limit of streams', async () => {
  await using few = new ChatApp({ turn: patient, sessions, limits: { streams: 2 } })
  const statuses: number[] = []
  for (const projectId of ['a', 'b', 'c']) {
    const headers = bearer((await sessions.open({ principal: 'ada' }, { projectId })).token)
    const { conversationId } = (await (await few.request('/conversations', posting({}, headers))).json()) as { conversationId: string }
    statuses.push((await few.ask(conversationId, 'slow', headers)).status)
  }
  expect(statuses).toEqual([200, 200, 429])
})

test('no client of ours puts a token into an address', async () => {
  const urls: string[] = []
  await using server = closing(await serve({
    fetch: (request) => {
      urls.push(request.url)
      return chat.server.app.fetch(request)
    },
  }, { port: 0 }))
  const tokens: string[] = []
  for (const host of [undefined, overWebSocket({ WebSocket })]) {
    const client = createChatClient(server.url, { headers: { 'X-User': 'ada' }, ...(host && { host }) })
    const session = await client.session({ userId: 'ada', projectId: 'p' })
    tokens.push(session.token)
    const context = { ...session, ...(await client.startConversation(session, { title: 'x' })) }
    const chunks = []
    for await (const chunk of client.chatStream(context, { query: 'quick' })) chunks.push(chunk)
    expect(chunks.at(-1)?.isComplete).toBe(true)
    await client.history(context)
    await client.conversations(context)
  }
  expect(urls.length).toBeGreaterThan(8)
  for (const token of tokens) for (const part of token.split('.')) expect(urls.filter((url) => url.includes(part))).toEqual([])
})

test('no token is in a log line or an answer, whatever goes wrong', async () => {
  const lines: unknown[] = []
  const spies = (['log', 'info', 'warn', 'error', 'debug'] as const).map((level) => vi.spyOn(console, level).mockImplementation((...words) => lines.push(words)))
  const note = (...words: unknown[]): void => {
    lines.push(words)
  }
  const answers: string[] = []
  await using noted = new ChatApp({
    sessions, logger: { debug: note, warn: note, error: note }, heartbeat: 1_000,
    // eslint-disable-next-line require-yield
    async *turn({ query }) {
      throw new Error(`it failed over ${query}`)
    },
  })
  await using server = closing(await serve({ fetch: (request) => noted.server.app.fetch(request) }, { port: 0 }))
  const tokens: string[] = []
  const ask = async (path: string, init: RequestInit): Promise<Record<string, unknown>> => {
    const answer = await fetch(`${server.url}${path}`, init)
    answers.push(inspect([...answer.headers]))
    const text = await answer.text()
    if (path !== '/chat/sessions') answers.push(text)
    return text.startsWith('{') ? (JSON.parse(text) as Record<string, unknown>) : {}
  }
  tokens.push(String((await ask('/chat/sessions', posting({}, { 'X-User': 'ada' })))['token']), await forged({ exp: 1 }), await forged({}, new Uint8Array(32)))
  for (const token of tokens) {
    const headers = { Authorization: `Bearer ${token}` }
    const { conversationId = 'none' } = await ask('/chat/conversations', posting({}, headers))
    for (const path of [`/chat/conversations/${String(conversationId)}/turns`, '/chat/sessions', '/chat/nowhere', '/runs/turn']) {
      await ask(path, posting({ query: 'x', parent: null, sessionId: token }, headers))
      await ask(path, { headers })
      await ask(path, { method: 'POST', headers, body: token })
    }
    for (const opened of [await ChatSocket.open(server.url, headers), await ChatSocket.open(server.url, {})]) {
      opened.say({ query: 'x', conversationId: String(conversationId), token })
      opened.say({ query: token, token: `${token}.` })
      opened.socket.send(token)
      await vi.waitUntil(() => opened.chunks.length > 0 || opened.closed !== null, { timeout: 10_000 })
      await opened[Symbol.asyncDispose]()
      answers.push(JSON.stringify(opened.chunks), opened.closed?.reason ?? '')
    }
  }
  const all = [...lines.map((line) => inspect(line, { depth: 10, maxStringLength: Infinity })), ...answers].join('\n')
  for (const spy of spies) spy.mockRestore()
  expect(all).toContain('it failed over x')
  expect(answers.length).toBeGreaterThan(40)
  for (const token of tokens) for (const part of token.split('.')) expect(all.includes(part) && part.length > 60 ? part : '').toBe('')
}, 30_000)

function closing(server: Served): Served & AsyncDisposable {
  return { ...server, url: server.url, [Symbol.asyncDispose]: () => server.close() }
}
