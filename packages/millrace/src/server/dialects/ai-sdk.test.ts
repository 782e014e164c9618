import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { posting, testApp, type TestApp } from '../../../../../test/support/app.ts'
import { Log } from '../../../../../test/support/log.ts'
import { Script } from '../../../../../test/support/script.ts'
import { aiSdk } from '../../dialect/ai-sdk.ts'
import type { Json } from '../../event/run-event.ts'
import { aiSdkVendor } from './ai-sdk.ts'
import { lastUserText } from './last-user-text.ts'

let script: Script
let server: TestApp
beforeEach(() => {
  script = new Script()
  server = testApp({ runs: { answer: script.kind }, routes: { '/api/chat': { kind: 'answer', dialect: aiSdk, input: lastUserText } } })
})
afterEach(() => server.app.close())

const user = (id: string, text = 'Why?'): Json => ({ id, role: 'user', parts: [{ type: 'text', text }] })
const chat = (id: string, ...messages: readonly Json[]): Json => ({ id, messages, trigger: 'submit-message' })
const ADA = { 'X-User': 'ada' }

async function started(id = 'c', message = 'm-1'): Promise<string> {
  const response = await server.ask('/api/chat', posting(chat(id, user(message))))
  await response.body?.cancel()
  return response.headers.get('Millrace-Run') ?? ''
}

async function read(path: string, headers: Readonly<Record<string, string>> = {}): Promise<{ status: number; chunks: { type: string }[] }> {
  const response = await server.ask(path, { headers })
  const text = await response.text()
  return { status: response.status, chunks: [...text.matchAll(/^data: (\{.*)$/gm)].map(([, json = '']) => JSON.parse(json) as { type: string }) }
}

test.each<[string, Json, object]>([
  ['a new message of the user', chat('c', user('m 1')), { conversation: 'c', key: 'm%201' }],
  ['an edited one', { ...(chat('c', user('m')) as object), messageId: 'm' }, { conversation: 'c' }],
  ['a regenerated answer', { ...(chat('c', user('m')) as object), trigger: 'regenerate-message' }, { conversation: 'c' }],
  ['a message of the assistant, with what it asked for', { ...(chat('c', user('m'), { id: 'a', role: 'assistant', parts: [] }) as object), messageId: 'a' }, { conversation: 'c', message: 'a' }],
  ['a chat without an id', { messages: [user('m')] }, { key: 'm' }],
  ['nothing of that', 'hello', {}],
  ['no messages', { id: 'c', messages: [] }, { conversation: 'c' }],
])('what is named by %s', (_name, body, naming) => {
  expect(aiSdkVendor.naming!(body)).toEqual(naming)
})

test('an id that is no string is refused', async () => {
  const response = await server.ask('/api/chat', posting({ id: 7, messages: [user('m')] }))
  expect([response.status, await response.json()]).toMatchObject([422, { code: 'invalid_input' }])
})

test('a body without a text of the user is refused', async () => {
  expect((await server.ask('/api/chat', posting(chat('c')))).status).toBe(422)
})

test('a stream is sent as that vendor’s, and ends as its clients expect', async () => {
  script.say('So.')
  script.end()
  const response = await server.ask('/api/chat', posting(chat('c', user('m'))))
  expect([response.headers.get('Content-Type'), response.headers.get('x-vercel-ai-ui-message-stream')]).toEqual(['text/event-stream', 'v1'])
  expect((await response.text()).endsWith('\n\ndata: [DONE]\n\n')).toBe(true)
})

test('what runs in a chat is read from its start, and once it ended there is nothing', async () => {
  expect(await read('/api/chat/c/stream')).toEqual({ status: 204, chunks: [] })
  script.say('So.')
  const run = await started()
  const response = await server.ask('/api/chat/c/stream')
  script.end()
  expect(await response.text()).toContain(`data: {"type":"start","messageId":"${run}"}`)
  await vi.waitUntil(async () => (await server.store.find(run))?.status === 'completed')
  expect(await read('/api/chat/c/stream')).toEqual({ status: 204, chunks: [] })
})

test('who names the run, or a place in it, is told the rest and the end', async () => {
  script.say('So.')
  script.end()
  const run = await started()
  await started('c', 'm-2')
  const whole = await server.ask(`/api/chat/c/stream?run=${run}`)
  const ids = [...(await whole.text()).matchAll(/^id: (\S+)$/gm)].map(([, id = '']) => id)
  expect((await read(`/api/chat/c/stream?run=${run}`)).chunks[0]).toEqual({ type: 'start', messageId: run })
  expect((await read(`/api/chat/c/stream?run=${run}`, { 'Last-Event-ID': ids[1]! })).chunks).toMatchObject([{ type: 'text-start' }, { type: 'text-delta' }, { type: 'text-end' }, { type: 'finish-step' }, { type: 'finish' }])
  expect(await read(`/api/chat/c/stream?run=${run}`, { 'Last-Event-ID': ids.at(-1)! })).toEqual({ status: 204, chunks: [] })
  expect((await read('/api/chat/c/stream', { 'Last-Event-ID': ids.at(-1)! })).status).toBe(409)
})

test('a chat is its owner’s alone', async () => {
  const run = await started()
  for (const [path, method, status] of [
    ['/api/chat/c/stream', 'GET', 204], [`/api/chat/c/stream?run=${run}`, 'GET', 404], [`/api/chat/c/stop?run=${run}`, 'POST', 404], ['/api/chat/c/signals', 'POST', 404],
  ] as const) {
    const response = await server.ask(path, { ...(method === 'POST' ? posting({ type: 'cancel' }) : {}), method, headers: { 'X-User': 'eve', 'Content-Type': 'application/json' } })
    expect([path, response.status]).toEqual([path, status])
  }
  expect(await (await server.ask('/api/chat/c/stop', { method: 'POST', headers: { 'X-User': 'eve' } })).json()).toEqual({ id: null, status: null })
  expect((await server.store.find(run))?.status).toBe('running')
})

test('the newest run of a chat is stopped, or the one that is named', async () => {
  const first = await started()
  await vi.waitUntil(() => script.starts === 1)
  const second = await started('c', 'm-2')
  const stop = async (query: string): Promise<unknown> => (await server.ask(`/api/chat/c/stop${query}`, { method: 'POST', headers: ADA })).json()
  expect(await stop(`?run=${first}`)).toMatchObject({ id: first })
  await vi.waitUntil(async () => (await server.store.find(first))?.status === 'cancelled')
  expect((await server.store.find(second))?.status).toBe('running')
  await stop(`?run=${second}`)
  await vi.waitUntil(async () => (await server.store.find(second))?.status === 'cancelled')
  expect(await stop(`?run=${second}`)).toEqual({ id: second, status: 'cancelled' })
})

test('a signal that the run does not take is refused', async () => {
  await started()
  const response = await server.ask('/api/chat/c/signals', posting({ type: 'approval', data: { approved: true } }))
  expect([response.status, await response.json()]).toMatchObject([422, { code: 'invalid_input' }])
})

test('there is nothing else below the route', async () => {
  for (const path of ['/api/chat/c', '/api/chat/c/stream/x', '/api/chat//stream', '/api/chat/c/other']) expect([path, (await server.ask(path)).status]).toEqual([path, 404])
  expect((await server.ask('/api/chat/c/stream', { method: 'POST', headers: ADA })).status).toBe(405)
})

test('a run that began anew after a tool’s result is read from its newest attempt on', async () => {
  const log = await Log.begin(server.store)
  await log.say({ type: 'block_start', kind: 'tool_call', id: 'c1' }, { type: 'block_end' }, { type: 'block_start', kind: 'tool_result', id: 'c1' }, { type: 'block_end' }, 'old')
  await log.takeOver()
  await log.beginAnew(2)
  await log.say('new')
  await log.end()
  for (const sealed of [false, true]) {
    if (sealed) await log.seal()
    expect((await read(`/api/chat/any/stream?run=${log.run}`)).chunks).toEqual([
      { type: 'start', messageId: log.run }, { type: 'start-step' },
      { type: 'text-start', id: '2-0' }, { type: 'text-delta', id: '2-0', delta: 'new' }, { type: 'text-end', id: '2-0' },
      { type: 'finish-step' }, { type: 'finish', finishReason: 'stop' },
    ])
  }
})
