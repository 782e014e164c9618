import { afterEach, beforeEach, expect, test } from 'vitest'
import { posting, testApp, type TestApp } from '../../../../../test/support/app.ts'
import { framesIn } from '../../../../../test/support/frames.ts'
import { Script } from '../../../../../test/support/script.ts'
import { agUi } from '../../dialect/ag-ui.ts'

let script: Script
let server: TestApp

beforeEach(() => {
  script = new Script()
  script.say('one')
  script.end()
  server = testApp({ runs: { answer: script.kind }, routes: { '/agent': { kind: 'answer', dialect: agUi, input: (body) => (body as { readonly messages: string }).messages } } })
})
afterEach(() => server.app.close())

const asking = (runId: unknown, more: object = {}, headers: Readonly<Record<string, string>> = {}): RequestInit =>
  posting({ threadId: 't', runId, messages: 'Why?', ...more }, { Accept: 'text/event-stream', ...headers })

async function framesOf(response: Response): Promise<string[]> {
  expect(response.status).toBe(200)
  return framesIn(new Uint8Array(await response.arrayBuffer()), 'sse').map(({ data }) => JSON.stringify(data))
}

async function refusalOf(response: Response): Promise<unknown> {
  const { type, code } = (await response.json()) as { readonly type: string; readonly code: string }
  return [response.status, type, code]
}

test('the same run id is the same run, of its principal and for its input alone', async () => {
  const one = await server.ask('/agent', asking('mine'))
  const frames = await framesOf(one)
  const again = await server.ask('/agent', asking('mine'))
  expect(again.headers.get('Millrace-Run')).toBe(one.headers.get('Millrace-Run'))
  await framesOf(again)
  expect(script.starts).toBe(1)
  expect(await refusalOf(await server.ask('/agent', asking('mine', { messages: 'What else?' })))).toEqual([422, 'RUN_ERROR', 'key_reused'])
  const eve = await server.ask('/agent', asking('mine', {}, { 'X-User': 'eve' }))
  expect((await framesOf(eve)).length).toBe(frames.length)
  expect(script.starts).toBe(2)
})

test('a header’s key beats it, and without either every request is a new run', async () => {
  for (const headers of [{ 'Idempotency-Key': 'a' }, { 'Idempotency-Key': 'b' }]) await framesOf(await server.ask('/agent', asking('mine', {}, headers)))
  for (const _ of [1, 2]) await framesOf(await server.ask('/agent', asking(undefined)))
  expect(script.starts).toBe(4)
})

test('with a cursor it follows the run and starts none', async () => {
  const first = await server.ask('/agent', asking('mine'))
  const [, cursor = ''] = /^id: (\S+)$/m.exec(await first.text()) ?? []
  const rest = await framesOf(await server.ask('/agent', asking('mine', {}, { 'Last-Event-ID': cursor })))
  expect(rest[0]).toContain('TEXT_MESSAGE_START')
  expect(await refusalOf(await server.ask('/agent', asking('another', {}, { 'Last-Event-ID': cursor })))).toEqual([404, 'RUN_ERROR', 'not_found'])
  expect(script.starts).toBe(1)
})

test('GET reads the run of an id from its start, or on from a cursor, and only to whom it is', async () => {
  await framesOf(await server.ask('/agent', asking('mine')))
  const read = await server.ask('/agent?offset=-1&runId=mine')
  const text = await read.clone().text()
  const frames = await framesOf(read)
  expect([frames[0], frames.at(-1)]).toEqual([expect.stringContaining('RUN_STARTED'), expect.stringContaining('RUN_FINISHED')])
  const [, cursor = ''] = /^id: (\S+)$/m.exec(text) ?? []
  expect(await framesOf(await server.ask('/agent?offset=-1&runId=mine', { headers: { 'Last-Event-ID': cursor } }))).toEqual(frames.slice(1))
  expect(await refusalOf(await server.ask('/agent?runId=mine', { headers: { 'X-User': 'eve' } }))).toEqual([404, 'RUN_ERROR', 'not_found'])
  expect(await refusalOf(await server.ask('/agent'))).toEqual([400, 'RUN_ERROR', 'invalid_request'])
  expect(script.starts).toBe(1)
})

test.each([[7, 422, 'invalid_input'], ['a b', 400, 'invalid_request'], ['', 400, 'invalid_request']])('the run id %j is refused', async (runId, status, code) => {
  expect(await refusalOf(await server.ask('/agent', asking(runId)))).toEqual([status, 'RUN_ERROR', code])
  expect(script.starts).toBe(0)
})
