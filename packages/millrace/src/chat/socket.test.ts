import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { ChatApp, patient } from '../../../../test/support/chat-app.ts'
import { ChatSocket, type SocketChunk } from '../../../../test/support/chat-socket.ts'
import { defineTurn, type TurnContext } from './index.ts'
import type { Said } from '../index.ts'
import { serve, type Served } from '../runtime/node/serve.ts'
import { HIGH_WATER } from '../server/socket/queue.ts'
import { takeOffer, type Socket } from '../server/socket/socket.ts'
import { createSessions } from './sessions.ts'

const sessions = createSessions({
  keys: { current: { id: 'one', secret: new Uint8Array(32).fill(7) } }, ttl: 60_000, authenticate: ({ headers }) => headers.get('X-User'),
})
/** Many short pieces, so that no write is the whole answer. */
async function* long({ query }: TurnContext): AsyncGenerator<Said, unknown, undefined> {
  yield { type: 'source', title: 'A law', url: 'https://example.org/law', relevance: 0.5 }
  for (let n = 0; n < Number(query); n += 1) {
    yield `${String(n)} `
    if (n % 10 === 0) await new Promise((resolve) => setImmediate(resolve))
  }
  return null
}
const textOf = (chunks: readonly SocketChunk[]): string => chunks.map(({ content = '' }) => content).join('')
const numbers = (to: number): string => [...Array(to).keys()].map((n) => `${String(n)} `).join('')

let chat: ChatApp
let served: Served
const begin = async (turn: (context: TurnContext) => AsyncGenerator<Said, unknown, undefined>): Promise<void> => {
  chat = new ChatApp({ turn: defineTurn({ run: turn }), sessions, heartbeat: 1_000 })
  served = await serve(chat.server.app, { port: 0 })
}
beforeEach(() => begin(long))
afterEach(async () => {
  await chat.server.app.close()
  await served.close()
})
const begunAgain = async (turn: typeof patient): Promise<void> => {
  await chat.server.app.close()
  await served.close()
  await begin(turn)
}

test('questions are answered one after another, as chunks of which the last is complete and has the sources', async () => {
  const conversationId = await chat.start()
  await using socket = await ChatSocket.open(served.url)
  socket.say({ query: '30', conversationId, sessionId: 'as the client was given it' })
  socket.say({ query: '20', conversationId })
  expect(await socket.end(2)).toMatchObject({
    isComplete: true, sources: [{ title: 'A law', url: 'https://example.org/law', relevanceScore: 0.5 }], metadata: { status: 'completed' },
  })
  expect(socket.text).toBe(numbers(30) + numbers(20))
  expect(socket.chunks.filter(({ isComplete }) => isComplete)).toHaveLength(2)
  const turns = socket.chunks.filter(({ metadata }) => metadata?.type === 'start').map(({ metadata }) => metadata?.run)
  expect((await chat.turns(conversationId)).turns.map(({ id }) => id)).toEqual(turns)
})

test('an answer is read on from its newest cursor, on another socket and after its end', async () => {
  const conversationId = await chat.start()
  await using socket = await ChatSocket.open(served.url)
  socket.say({ query: '200', conversationId, key: 'k' })
  const { metadata } = await socket.told(() => true)
  await socket.end()
  const at = Math.floor(socket.chunks.length / 2)
  await using other = await ChatSocket.open(served.url)
  other.say({ conversationId, turn: metadata?.run, after: socket.chunks[at]?.cursor })
  expect(await other.end()).toEqual(socket.chunks.at(-1))
  // Sealing may have joined what was said: it is the same text.
  expect(textOf(socket.chunks.slice(0, at + 1)) + other.text).toBe(socket.text)
  // Whoever lost even the first chunk asks again with the key, and pays nothing twice.
  other.say({ query: '200', conversationId, key: 'k' })
  await other.end(2)
  expect((await chat.turns(conversationId)).turns).toHaveLength(1)
  const before = other.chunks.length
  other.say({ turn: metadata?.run, after: socket.chunks.at(-1)?.cursor })
  await other.told(({ isComplete }) => isComplete, before)
  expect(other.chunks.slice(before)).toEqual([{ isComplete: true, metadata: { type: 'end', status: 'completed' } }])
})

test('what is cancelled ends as cancelled, and the next question is asked', async () => {
  await begunAgain(patient)
  const conversationId = await chat.start()
  await using socket = await ChatSocket.open(served.url)
  for (const message of [{ query: 'slow', conversationId }, { query: 'quick', conversationId }, { type: 'cancel' }]) socket.say(message)
  expect(await socket.end()).toMatchObject({ error: { code: 'cancelled' }, isComplete: false, metadata: { status: 'cancelled' } })
  expect(await socket.end(2)).toMatchObject({ isComplete: true })
  expect(socket.text).toMatch(/About quick$/)
})

test('who leaves cancels nothing', async () => {
  await begunAgain(patient)
  const conversationId = await chat.start()
  const socket = await ChatSocket.open(served.url)
  socket.say({ query: 'slow', conversationId })
  const { metadata } = await socket.told(() => true)
  await socket[Symbol.asyncDispose]()
  await chat.start()
  expect((await chat.server.store.find(metadata!.run!))?.status).toBe('running')
})

test('a token in the first message says who asks, and a wrong one closes the socket with no more than that', async () => {
  const { token } = await sessions.open({ principal: 'ada' })
  const conversationId = await chat.start()
  await using socket = await ChatSocket.open(served.url, {})
  socket.say({ query: '3', conversationId, token })
  expect(await socket.end()).toMatchObject({ isComplete: true })
  await using stranger = await ChatSocket.open(served.url, {})
  stranger.say({ query: '3', conversationId, token: `${token}x` })
  expect((await stranger.gone()).code).toBe(4401)
  expect(stranger.chunks).toEqual([{ error: { code: 'unauthorized', message: 'This token is not accepted.' }, isComplete: false }])
  await using silent = await ChatSocket.open(served.url, {})
  silent.say({ query: '3', conversationId })
  expect((await silent.gone()).code).toBe(4401)
  expect((await chat.turns(conversationId)).turns).toHaveLength(1)
})

test('the socket closes when its token runs out, and a newer one keeps it open', async () => {
  await begunAgain(patient)
  const soon = (await sessions.open({ principal: 'ada', expiresAt: Date.now() + 2_000 })).token
  const conversationId = await chat.start()
  const [kept, left] = [await ChatSocket.open(served.url, {}), await ChatSocket.open(served.url, {})]
  for (const socket of [kept, left]) socket.say({ token: soon })
  left.say({ query: 'slow', conversationId })
  kept.say({ token: (await sessions.open({ principal: 'ada' })).token })
  expect(await left.gone()).toEqual({ code: 4401, reason: 'The token no longer holds.' })
  expect(left.chunks.at(-1)).not.toMatchObject({ isComplete: true })
  expect(kept.closed).toBeNull()
  await kept[Symbol.asyncDispose]()
})

test('what is somebody else’s is not there, and what is wrong is told as a chunk', async () => {
  const conversationId = await chat.start()
  const turn = await chat.answered(conversationId, '3')
  await using eve = await ChatSocket.open(served.url, { 'X-User': 'eve' })
  for (const message of [{ query: '3', conversationId }, { turn }]) {
    const before = eve.chunks.length
    eve.say(message)
    expect(await eve.told(() => true, before)).toMatchObject({ error: { code: 'not_found' }, isComplete: false })
  }
  for (const [message, code] of [
    [{}, 'invalid_request'], [{ query: '3' }, 'invalid_request'], [{ query: 3, conversationId }, 'invalid_input'], [{ query: '', conversationId }, 'not_found'],
    [{ turn, after: 'x' }, 'invalid_cursor'], [{ query: '3', conversationId, key: 'two words' }, 'invalid_request'], [{ query: '3', conversationId: 7 }, 'invalid_request'],
  ] as const) {
    const before = eve.chunks.length
    eve.say(message)
    expect([message, (await eve.told(() => true, before)).error?.code]).toEqual([message, code])
  }
  expect(eve.closed).toBeNull()
})

test('a run of another kind is no turn', async () => {
  const conversationId = await chat.start()
  await using socket = await ChatSocket.open(served.url)
  socket.say({ turn: conversationId })
  expect((await socket.refused('not_found')).isComplete).toBe(false)
})

test('so many questions wait on one socket, and no more', async () => {
  await begunAgain(patient)
  const conversationId = await chat.start()
  await using socket = await ChatSocket.open(served.url)
  for (let n = 0; n < 18; n += 1) socket.say({ query: 'slow', conversationId })
  expect((await socket.refused('busy')).error?.message).toContain('16')
})

test('a server that goes away says so, and a silent socket hears a heartbeat that harms nobody', async () => {
  await using socket = await ChatSocket.open(served.url)
  const heard = await new Promise<string>((resolve) => socket.socket.once('message', (data: Buffer) => resolve(data.toString())))
  expect(JSON.parse(heard)).toEqual({ isComplete: false, metadata: { type: 'heartbeat' } })
  await chat.server.app.close()
  expect((await socket.gone()).code).toBe(1012)
})

/** A runtime's socket whose peer takes nothing, until it takes all. */
class StalledSocket implements Socket {
  readonly sent: string[] = []
  buffered = 0
  most = 0
  send(utf8: Uint8Array): void {
    this.sent.push(new TextDecoder().decode(utf8))
    this.buffered += utf8.length
    this.most = Math.max(this.most, this.buffered)
  }
  ping(): void {}
  pause(): void {}
  resume(): void {}
  close(): void {}
  terminate(): void {}
}

test('a reader that takes nothing costs a bounded memory, and misses nothing when it takes it', async () => {
  const conversationId = await chat.start()
  const response = await chat.request('/stream', { headers: { Upgrade: 'websocket' } })
  const socket = new StalledSocket()
  const listener = takeOffer(response)!(socket)
  listener.message(JSON.stringify({ query: '100000', conversationId }))
  await vi.waitUntil(() => socket.buffered >= HIGH_WATER, { timeout: 10_000 })
  const { turns: [turn] } = await chat.turns(conversationId)
  await vi.waitUntil(async () => (await chat.server.store.find(turn!.id))?.endedAt != null, { timeout: 20_000, interval: 50 })
  expect(socket.most).toBeLessThan(HIGH_WATER + 512 * 1024)
  await vi.waitUntil(() => {
    listener.pong()
    socket.buffered = 0
    listener.drain()
    return socket.sent.at(-1)?.includes('"isComplete":true')
  }, { timeout: 20_000, interval: 5 })
  expect(socket.most).toBeLessThan(HIGH_WATER + 512 * 1024)
  expect(socket.sent.map((message) => (JSON.parse(message) as { content?: string }).content ?? '').join('')).toBe(numbers(100_000))
  listener.closed()
}, 60_000)
