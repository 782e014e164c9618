import { afterEach, beforeEach, expect, test } from 'vitest'
import { posting, testApp, type TestApp } from '../../../../test/support/app.ts'
import { expectProblem } from '../../../../test/support/problem.ts'
import { Script } from '../../../../test/support/script.ts'

const FRIEND = 'https://app.example'
let server: TestApp

beforeEach(() => {
  const script = new Script()
  script.end()
  server = testApp({ runs: { answer: script.kind }, allowedOrigins: [FRIEND] })
})
afterEach(() => server.app.close())

const from = (origin: string): RequestInit => posting({}, { Origin: origin, 'Sec-Fetch-Site': 'cross-site' })
const asking = (origin: string, path = '/runs/answer'): Promise<Response> =>
  server.ask(path, { method: 'OPTIONS', headers: { Origin: origin, 'Access-Control-Request-Method': 'POST', 'Access-Control-Request-Headers': 'content-type' } })

test('a page of an allowed origin may ask, start and read, with its visitor’s cookies', async () => {
  const asked = await asking(FRIEND)
  expect(asked.status).toBe(204)
  expect(asked.headers.get('Access-Control-Allow-Origin')).toBe(FRIEND)
  expect(asked.headers.get('Access-Control-Allow-Methods')).toBe('GET, POST, DELETE, HEAD')
  expect(asked.headers.get('Access-Control-Allow-Headers')).toBe('content-type')
  const answered = await server.ask('/runs/answer', from(FRIEND))
  expect(answered.status).toBe(200)
  expect(answered.headers.get('Access-Control-Allow-Origin')).toBe(FRIEND)
  expect(answered.headers.get('Access-Control-Allow-Credentials')).toBe('true')
  expect(answered.headers.get('Access-Control-Expose-Headers')).toContain('Millrace-Run')
  expect(answered.headers.get('Vary')).toContain('Origin')
  expect(await answered.text()).toContain('"type":"end"')
})

test('an error is shown to an allowed origin too', async () => {
  const response = await server.ask('/runs/unknown', from(FRIEND))
  expect(response.headers.get('Access-Control-Allow-Origin')).toBe(FRIEND)
  await expectProblem(response, 404, 'unknown_kind')
})

test.each(['https://evil.example', 'null', `${FRIEND}.evil.example`, 'http://app.example'])('%s is given no leave', async (origin) => {
  const asked = await asking(origin)
  expect([...asked.headers.keys()].filter((name) => name.startsWith('access-control'))).toEqual([])
  const refused = await server.ask('/runs/answer', from(origin))
  expect(refused.headers.get('Access-Control-Allow-Origin')).toBeNull()
  await expectProblem(refused, 403, 'forbidden')
})

test('a method that a path does not answer names those it does', async () => {
  const response = await server.ask('/runs', { method: 'PUT' })
  expect(response.headers.get('Allow')).toBe('GET, HEAD')
  await expectProblem(response, 405, 'method_not_allowed')
})

test('a POST with Last-Event-ID starts nothing', async () => {
  const without = await server.ask('/runs/answer', posting({}, { 'Last-Event-ID': '00000000-1' }))
  await expectProblem(without, 400, 'invalid_request')
  const started = await server.ask('/runs/answer', posting({}, { 'Idempotency-Key': 'k' }))
  const [, first = ''] = /^id: (\S+)$/m.exec(await started.text()) ?? []
  const followed = await server.ask('/runs/answer', posting({}, { 'Idempotency-Key': 'k', 'Last-Event-ID': first }))
  expect(followed.headers.get('Millrace-Run')).toBe(started.headers.get('Millrace-Run'))
  expect(await followed.text()).not.toContain(`id: ${first}\n`)
  const { runs } = (await (await server.ask('/runs')).json()) as { runs: unknown[] }
  expect(runs.length).toBe(1)
})

test('a server with a list of hosts is asked by no other name, for nothing, a WebSocket neither', async () => {
  await using own = testApp({ allowedHosts: ['Mill.example', '127.0.0.1:8787', '[::1]'] })
  const status = async (host: string, headers: Readonly<Record<string, string>> = {}): Promise<number> =>
    (await own.ask('/runs', { headers: { Host: host, ...headers } })).status
  for (const host of ['mill.example', 'MILL.example:443', '127.0.0.1:8787', '[::1]', '[::1]:99']) expect(await status(host)).toBe(200)
  const socket = { Upgrade: 'websocket', Origin: 'http://eve.example' }
  for (const host of ['eve.example', 'mill.example.eve.example', '127.0.0.1', '127.0.0.1:1', '', 'eve.example:127.0.0.1', 'mill.example@eve.example']) {
    expect(await status(host)).toBe(403)
    expect(await status(host, socket)).toBe(403)
  }
  const preflight = await own.ask('/runs', { method: 'OPTIONS', headers: { Host: 'eve.example', 'Access-Control-Request-Method': 'POST' } })
  await expectProblem(preflight, 403, 'forbidden')
})
