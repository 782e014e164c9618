import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, expect, onTestFinished, test, vi } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'
import { FramedDecoder } from '../format/framed-decode.ts'
import { createStreamingService } from './service.ts'
import { streamToWebSocket, type OpenWebSocket, type WebSocketStreamOptions } from './web-socket.ts'

const quiet = { logger: { error: () => undefined, warn: () => undefined } }

let server: WebSocketServer

beforeEach(async () => {
  server = new WebSocketServer({ port: 0, host: '127.0.0.1' })
  await vi.waitUntil(() => server.address())
})
afterEach(() => {
  vi.useRealTimers()
  for (const socket of server.clients) socket.terminate()
  server.close()
})

interface Pair {
  readonly here: OpenWebSocket & WebSocket
  readonly there: WebSocket
  readonly messages: (string | Uint8Array)[]
  readonly closed: Promise<number>
}

/** Both ends of a socket. */
async function pair(): Promise<Pair> {
  const accepted = new Promise<WebSocket>((resolve) => server.once('connection', resolve))
  const there = new WebSocket(`ws://127.0.0.1:${String((server.address() as AddressInfo).port)}`)
  const messages: Pair['messages'] = []
  there.on('message', (data: Buffer, isBinary) => messages.push(isBinary ? new Uint8Array(data) : data.toString()))
  const closed = new Promise<number>((resolve) => there.on('close', resolve))
  const [here] = await Promise.all([accepted, new Promise((resolve) => there.once('open', resolve))])
  return { here, there, messages, closed }
}

test.each<[string, Iterable<unknown>, WebSocketStreamOptions, (string | Uint8Array)[]]>([
  ['texts', ['a', 'b\r\n\0\u2028'], {}, ['a', 'b\r\n\0\u2028']],
  ['objects', [{ a: 1 }, { b: '\n' }], {}, ['{"a":1}\n', '{"b":"\\n"}\n']],
  ['bytes', [Uint8Array.of(0, 255)], {}, [Uint8Array.of(0, 255)]],
  ['objects as text', [{ a: 1 }], { format: 'text' }, ['{"a":1}\n']],
])('%s come as messages, and the end as a clean close', async (_what, values, options, expected) => {
  const { here, messages, closed } = await pair()
  expect(await streamToWebSocket(here, values, options)).toEqual({ status: 'completed' })
  expect(await closed).toBe(1000)
  expect(messages).toEqual(expected)
})

test('whole values come behind their lengths', async () => {
  const { here, messages, closed } = await pair()
  await createStreamingService().streamToWebSocket(here, [{ a: 1 }, { b: 2 }], { format: 'framed' })
  await closed
  const decoder = new FramedDecoder()
  expect(messages.flatMap((message) => decoder.push(message as Uint8Array))).toEqual([{ cursor: null, data: { a: 1 } }, { cursor: null, data: { b: 2 } }])
})

test.each([0, 1])('a source that fails after %i values closes the socket as failed, without a word of why', async (count) => {
  const { here, messages, closed } = await pair()
  const failing = async function* (): AsyncGenerator<string> {
    for (let n = 0; n < count; n += 1) yield 'so far'
    throw new Error('secret')
  }
  expect(await streamToWebSocket(here, failing(), quiet)).toMatchObject({ status: 'failed' })
  expect(await closed).toBe(1011)
  expect(messages).toEqual(Array.from({ length: count }, () => 'so far'))
})

test('a peer that leaves closes the source', async () => {
  const { here, there, messages } = await pair()
  let isClosed = false
  const endless = async function* (): AsyncGenerator<string> {
    try {
      for (;;) {
        await new Promise((resolve) => setImmediate(resolve))
        yield 'x'
      }
    } finally {
      isClosed = true
    }
  }
  const over = streamToWebSocket(here, endless())
  await vi.waitUntil(() => messages.length > 0)
  there.terminate()
  expect(await over).toEqual({ status: 'cancelled' })
  expect(isClosed).toBe(true)
})

test('a peer that is gone before the first value closes the source too', async () => {
  const { here, there } = await pair()
  let leave = (): void => undefined
  const silent = new ReadableStream<string>({ cancel: () => leave() })
  const cancelled = new Promise<void>((resolve) => (leave = resolve))
  const over = streamToWebSocket(here, silent)
  there.terminate()
  await cancelled
  expect(await over).toEqual({ status: 'cancelled' })
})

test('a source is pulled only as fast as its messages are taken', async () => {
  const { here, there, messages, closed } = await pair()
  const total = 256
  let pulled = 0
  const large = function* (): Generator<string> {
    for (; pulled < total; pulled += 1) yield 'x'.repeat(128 * 1024)
  }
  there.pause()
  const over = streamToWebSocket(here, large())
  await vi.waitUntil(() => here.bufferedAmount >= 256 * 1024)
  expect(here.bufferedAmount).toBeLessThan(1024 * 1024)
  expect(pulled).toBeLessThan(total / 2)
  there.resume()
  expect(await over).toEqual({ status: 'completed' })
  expect(await closed).toBe(1000)
  expect(messages.join('')).toHaveLength(total * 128 * 1024)
})

test('each object is a message of its own, also to a slow peer, and a heartbeat is none', async () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
  onTestFinished(() => void vi.useRealTimers())
  const { here, there, messages, closed } = await pair()
  there.pause()
  const values = ['x'.repeat(16 * 1024 * 1024), 1, 2, 3].map((value) => ({ value }))
  const over = createStreamingService({ defaults: { heartbeat: 1_000 } }).streamToWebSocket(here, values, { format: 'ndjson' })
  await vi.waitUntil(() => here.bufferedAmount >= 256 * 1024)
  await vi.advanceTimersByTimeAsync(3_000)
  there.resume()
  await vi.waitUntil(() => here.bufferedAmount === 0)
  await vi.advanceTimersByTimeAsync(3_000)
  expect(await over).toEqual({ status: 'completed' })
  await closed
  expect(messages.map((message) => JSON.parse(String(message)) as unknown)).toEqual(values)
})
