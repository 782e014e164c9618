import { afterEach, beforeEach, expect, test } from 'vitest'
import type { TurnContext } from '../../packages/millrace/src/chat/index.ts'
import { defaultHost } from '../../packages/millrace/src/client/host.ts'
import { createChatClient, type ChatClient, type ConversationInfo, type StreamingChunk } from '../../packages/millrace/src/client/index.ts'
import type { Said } from '../../packages/millrace/src/index.ts'
import { serve, type Served } from '../../packages/millrace/src/runtime/index.ts'
import { ChatApp } from '../support/chat-app.ts'
import { cuttingProxy } from '../support/cutting-proxy.ts'
import { engine } from '../support/engines.ts'
import { meddlingProxy } from '../support/meddling-proxy.ts'
import { nginx } from '../support/nginx.ts'

const WORDS = ['one ', 'two ', 'three ', 'four ']

let app: ChatApp
let served: Served
/** Lets the answer say its next word. */
let go: () => void
let starts: number
/** What was sent, as `GET /path?query`. */
let asked: string[]

beforeEach(async () => {
  starts = 0
  asked = []
  app = new ChatApp({ turn: steps })
  served = await serve(app.server.app, { port: 0 })
})

afterEach(async () => {
  await app.server.app.close()
  await served.close()
})

async function* steps({ signal }: TurnContext): AsyncGenerator<Said, unknown, undefined> {
  starts += 1
  yield { type: 'source', title: 'A doc', relevance: 1 }
  for (const word of WORDS) {
    yield word
    await new Promise<void>((resolve) => {
      go = resolve
      signal.addEventListener('abort', () => resolve())
    })
  }
  return null
}

function clientAt(url: string): ChatClient {
  const headers = { 'X-User': 'ada' }
  const fetch = (address: string, init: RequestInit): Promise<Response> => {
    asked.push(`${init.method ?? ''} ${address.slice(url.length)} ${new Headers(init.headers).get('Accept') ?? ''}`)
    return globalThis.fetch(address, init)
  }
  return createChatClient(url, { headers, patience: 1_000, host: { ...defaultHost, fetch } })
}

/** Reads an answer whose next word is said only once the one before has come: so nothing of it is held back to its end. */
async function answerThrough(url: string): Promise<{ chat: ChatClient; conversation: ConversationInfo; chunks: StreamingChunk[] }> {
  const chat = clientAt(url)
  const conversation = await chat.startConversation({})
  const chunks: StreamingChunk[] = []
  for await (const chunk of chat.chatStream(conversation, { query: 'Count.' })) {
    chunks.push(chunk)
    if (chunk.content) go()
  }
  return { chat, conversation, chunks }
}

function expectWhole(chunks: readonly StreamingChunk[]): void {
  expect(chunks.map(({ content = '' }) => content).join('')).toBe(WORDS.join(''))
  expect(chunks.filter(({ metadata }) => metadata?.type === 'start')).toHaveLength(1)
  expect(chunks.filter(({ isComplete }) => isComplete)).toEqual([chunks.at(-1)])
  expect(chunks.at(-1)?.sources).toMatchObject([{ title: 'A doc', relevanceScore: 1 }])
  expect(starts).toBe(1)
  expect(asked.filter((one) => /^POST .*\/turns /.test(one))).toHaveLength(1)
}

const streams = (): string[] => asked.filter((one) => one.endsWith('text/event-stream'))
const polls = (): string[] => asked.filter((one) => one.includes('?wait='))

test('behind an nginx that holds streams back, an answer comes word by word all the same, and the next one at once', async (context) => {
  const program = engine('nginx', context)
  const location = 'proxy_buffering on; proxy_ignore_headers X-Accel-Buffering;'
  await using proxy = await nginx(program, served.port, { location })
  const { chat, conversation, chunks } = await answerThrough(proxy.url)
  expectWhole(chunks)
  expect(streams()).toHaveLength(1)
  expect(polls().length).toBeGreaterThan(1)
  // What was found out holds for the next answer.
  for await (const { content } of chat.chatStream(conversation, { query: 'Again.' })) if (content) go()
  expect(streams()).toHaveLength(1)
  expect(starts).toBe(2)
})

test('where every stream is cut, what was said already is not said again', async () => {
  await using proxy = await cuttingProxy(served.url)
  proxy.cut(...Array.from({ length: 100 }, () => ({ frames: 2 })))
  expectWhole((await answerThrough(proxy.url)).chunks)
  expect(streams()).toHaveLength(3)
  expect(polls().length).toBeGreaterThan(0)
})

test('where streams come as something else, no second one is tried', async () => {
  await using proxy = await meddlingProxy(served.url, ({ headers }) => (headers.accept === 'text/event-stream' ? { contentType: 'text/html' } : 'pass'))
  expectWhole((await answerThrough(proxy.url)).chunks)
  expect(streams()).toHaveLength(1)
})

test('where requests that wait are cut too, the whole answer is asked for now and then', async () => {
  await using proxy = await meddlingProxy(served.url, ({ headers, url }) => {
    if (headers.accept === 'text/event-stream') return { contentType: 'text/html' }
    return url?.includes('wait=') ? 'hang up' : 'pass'
  })
  expectWhole((await answerThrough(proxy.url)).chunks)
  expect(polls()).toHaveLength(2)
}, 60_000)

test('while nothing comes through at all, nothing is learnt about streams', async () => {
  let swallowed = 0
  await using proxy = await meddlingProxy(served.url, ({ method }) => (method === 'GET' && (swallowed += 1) <= 4 ? 'hang up' : 'pass'))
  expectWhole((await answerThrough(proxy.url)).chunks)
  // Three streams that did not open, a poll that did not either, and then the stream.
  expect(asked.slice(2).map((one) => one.split(' ').at(-1))).toEqual([...Array.from({ length: 3 }, () => 'text/event-stream'), 'application/json', 'text/event-stream'])
})

test('without a fallback such a stream is waited for, and is all that is asked for', async () => {
  await using proxy = await cuttingProxy(served.url)
  proxy.cut(...Array.from({ length: 5 }, () => ({ frames: 4 })))
  const chat = createChatClient(proxy.url, { headers: { 'X-User': 'ada' }, fallback: false })
  const conversation = await chat.startConversation({})
  let text = ''
  for await (const { content = '' } of chat.chatStream(conversation, { query: 'Count.' })) {
    text += content
    if (content) go()
  }
  expect(text).toBe(WORDS.join(''))
  expect(proxy.asked.filter((one) => one.includes('wait='))).toEqual([])
})
