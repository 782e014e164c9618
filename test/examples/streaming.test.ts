import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { startExample, type Example } from '../support/example.ts'

let example: Example
beforeAll(async () => {
  example = await startExample('streaming', { PACE: '1' })
})
afterAll(() => example[Symbol.asyncDispose]())

const ask = (path: string, init?: RequestInit): Promise<Response> => fetch(new URL(path, example.url), init)
const ten = <T>(make: (i: number) => T): T[] => Array.from({ length: 10 }, (_, i) => make(i))

test('text arrives as it was said', async () => {
  expect(await (await ask('/stream/text')).text()).toBe(ten((i) => `Chunk ${String(i)}\n`).join(''))
})

test('JSON arrives as one array', async () => {
  expect(await (await ask('/stream/json')).json()).toEqual(ten((i) => ({ id: i, value: i * i, message: `Item ${String(i)}` })))
})

test('a scope streams for whom it lets in', async () => {
  expect((await ask('/stream/scope')).status).toBe(401)
  expect(await (await ask('/stream/scope', { headers: { 'X-User': 'ada' } })).text()).toBe(ten((i) => `Line ${String(i)}\n`).join(''))
})

test('events have an id, a name, and progress in their data', async () => {
  const response = await ask('/stream/events')
  expect(response.headers.get('Content-Type')).toBe('text/event-stream')
  expect(await response.text()).toBe(ten((i) => `id: ${String(i)}\nevent: update\ndata: {"text":"Event ${String(i)}","progress":${String((i + 1) * 10)}}\n\n`).join(''))
})

test('bytes arrive as bytes', async () => {
  expect(Buffer.from(await (await ask('/stream/bytes')).arrayBuffer())).toEqual(Buffer.concat(ten((i) => Buffer.alloc(4, i))))
})

test('a generator is a response', async () => {
  expect(await (await ask('/chat', { method: 'POST', body: '{"message":"to be"}' })).text()).toBe('to be ')
})

test('an endpoint takes JSON and forms, and closes what it was given', async () => {
  const headers = { 'Content-Type': 'application/json' }
  expect(await (await ask('/chat-stream', { method: 'POST', headers, body: '{"message":"to be or"}' })).text()).toBe('to be or ')
  expect(await (await ask('/chat-stream', { method: 'POST', body: new URLSearchParams({ message: 'not to be' }) })).text()).toBe('not to be ')
  await vi.waitFor(async () => expect(await (await ask('/conversations')).json()).toBe(0))
})

test('a board says its elements, and skips what is nothing', async () => {
  expect(await (await ask('/board')).text()).toBe(
    ': Connected\n\ndata: <p>It is <b>19</b> degrees.</p>\n\ndata: <p>It is <b>21</b> degrees.</p>\n\n: The board is closed\n\n')
})
