import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { posting, testApp, type TestApp } from '../../../../test/support/app.ts'
import { Log } from '../../../../test/support/log.ts'
import { expectProblem } from '../../../../test/support/problem.ts'
import { Script } from '../../../../test/support/script.ts'
import { head, RawClient } from '../../../../test/support/socket.ts'
import { millrace } from '../dialect/millrace.ts'
import { PublicError } from '../event/error.ts'
import { serve, type Served } from '../runtime/node/serve.ts'
import { randomRunId } from '../run/ids.ts'

let script: Script
let server: TestApp

beforeEach(() => {
  script = new Script()
  script.end()
  const input = (body: { message?: string }): string => {
    if (body.message === undefined) throw new PublicError('no_message', 'Send a `message`.')
    return body.message.slice(0)
  }
  server = testApp({ runs: { answer: script.kind }, routes: { '/chat': { kind: 'answer', dialect: millrace, input: input as never } } })
})

afterEach(() => server.app.close())

const json = { 'Content-Type': 'application/json' }
const post = (body: BodyInit | null, headers: Readonly<Record<string, string>> = json): RequestInit => ({ method: 'POST', body, headers })
const deep = (levels: number): string => '['.repeat(levels) + ']'.repeat(levels)

test.each<[string, string, RequestInit, number, string, RegExp]>([
  ['no body', '/runs/answer', post(null), 400, 'invalid_request', /no body/],
  ['an empty body', '/runs/answer', post(''), 400, 'invalid_request', /no body/],
  ['no content type', '/runs/answer', post(new TextEncoder().encode('{}'), {}), 415, 'unsupported_media_type', /application\/json/],
  ['another content type', '/runs/answer', post('{}', { 'Content-Type': 'text/plain' }), 415, 'unsupported_media_type', /application\/json/],
  ['bad JSON', '/runs/answer', post('{"a":'), 400, 'invalid_request', /JSON/],
  ['bad UTF-8', '/runs/answer', post(new Uint8Array([0x22, 0xff, 0x22])), 400, 'invalid_request', /UTF-8/],
  ['JSON that is too deep', '/runs/answer', post(deep(33)), 400, 'invalid_request', /deeper than 32/],
  ['a bomb of depth', '/runs/answer', post(deep(500_000)), 400, 'invalid_request', /deeper than 32/],
  ['depth behind a string of brackets', '/runs/answer', post(`["]\\"]]${']'.repeat(99)}",${deep(32)}]`), 400, 'invalid_request', /deeper than 32/],
  ['too large a body', '/runs/answer', post(JSON.stringify('x'.repeat(1024 * 1024))), 413, 'too_large', /1048576/],
  ['an unknown kind', '/runs/nothing', posting(null), 404, 'unknown_kind', /kind/],
  ['a kind that every object has', '/runs/__proto__', posting(null), 404, 'unknown_kind', /kind/],
  ['another one', '/runs/constructor', posting(null), 404, 'unknown_kind', /kind/],
  ['an unknown path', '/nothing', {}, 404, 'not_found', /path/],
  ['a path that every object has', '/__proto__', posting(null), 404, 'not_found', /path/],
  ['a path too far', '/runs/a/b', {}, 404, 'not_found', /path/],
  ['a bad escape', '/runs/%E0%A4%A', {}, 404, 'not_found', /path/],
  ['an unknown run', `/runs/${randomRunId()}`, {}, 404, 'not_found', /run/],
  ['a path for an id', '/runs/..%2F..%2Fetc', {}, 404, 'not_found', /run/],
  ['NUL for an id', '/runs/%00', {}, 404, 'not_found', /run/],
  ['a wrong method', '/runs', posting(null), 405, 'method_not_allowed', /POST/],
  ['another', '/runs/answer', { ...posting(null), method: 'PUT' }, 405, 'method_not_allowed', /PUT/],
  ['a dialect’s route read', '/chat', {}, 405, 'method_not_allowed', /GET/],
  ['a type nobody speaks', '/runs/answer', posting(null, { Accept: 'image/png' }), 406, 'not_acceptable', /text\/event-stream/],
  ['a type that is excluded', '/runs/answer', posting(null, { Accept: 'text/event-stream;q=0' }), 406, 'not_acceptable', /Ask for/],
  ['an unknown dialect', `/runs/${randomRunId()}?dialect=klingon`, {}, 400, 'invalid_request', /anthropic/],
  ['a dialect every object has', `/runs/${randomRunId()}?dialect=__proto__`, {}, 400, 'invalid_request', /dialect/],
  ['a key with a space', '/runs/answer', posting(null, { 'Idempotency-Key': 'a b' }), 400, 'invalid_request', /Idempotency-Key/],
  ['a key that is too long', '/runs/answer', posting(null, { 'Idempotency-Key': 'x'.repeat(256) }), 400, 'invalid_request', /Idempotency-Key/],
  ['an empty key', '/runs/answer', posting(null, { 'Idempotency-Key': '' }), 400, 'invalid_request', /Idempotency-Key/],
  ['a list of nothing', '/runs?limit=0', {}, 400, 'invalid_request', /limit/],
  ['a list too long', '/runs?limit=101', {}, 400, 'invalid_request', /limit/],
  ['a page that never was', '/runs?before=x', {}, 400, 'invalid_request', /next/],
  ['input a route refuses', '/chat', posting({}), 422, 'invalid_input', /Send a `message`/],
  ['input a route trips over', '/chat', posting({ message: 7 }), 422, 'invalid_input', /not accepted/],
  ['no object at all', '/chat', posting(null), 422, 'invalid_input', /not accepted/],
  ['a follower without a key', '/chat', posting({ message: 'x' }, { 'Last-Event-ID': '00000000-1' }), 400, 'invalid_request', /Idempotency-Key/],
  ['a follower of nothing', '/chat', posting({ message: 'x' }, { 'Last-Event-ID': '00000000-1', 'Idempotency-Key': 'k' }), 404, 'not_found', /run/],
])('%s is refused', async (_what, path, init, status, code, detail) => {
  await expectProblem(await server.ask(path, init), status, code, detail)
  expect(script.starts).toBe(0)
  expect(server.logged).toEqual([])
})

test('JSON that is just deep enough is taken', async () => {
  expect((await server.ask('/runs/answer', post(deep(32)))).status).toBe(200)
})

test('who names nobody is told to say who they are', async () => {
  for (const authenticate of [() => null, (): never => undefined as never]) {
    await using strict = testApp({ authenticate })
    const response = await strict.ask('/runs')
    expect(response.headers.get('WWW-Authenticate')).toBe('Bearer')
    await expectProblem(response, 401, 'unauthorized', /who you are/)
  }
})

test('an authentication that fails tells nothing about why', async () => {
  await using broken = testApp({ authenticate: () => Promise.reject(new Error('hunter2')) })
  const response = await broken.ask('/runs')
  expect(await response.clone().text()).not.toContain('hunter2')
  await expectProblem(response, 500, 'internal')
  expect(broken.logged).toHaveLength(1)
})

test.each<[string, Readonly<Record<string, string>>, number]>([
  ['no browser', {}, 200],
  ['no browser, with cookies', { Cookie: 'a=1' }, 403],
  ['a page of this host', { Origin: 'http://localhost', Cookie: 'a=1' }, 200],
  ['a page of another host', { Origin: 'http://evil.example' }, 403],
  ['a page of another port', { Origin: 'http://localhost:81' }, 403],
  ['an allowed page', { Origin: 'https://friend.example' }, 200],
  ['a page like an allowed one', { Origin: 'https://friend.example.evil.example' }, 403],
  ['a page without an origin', { Origin: 'null' }, 403],
  ['a page of this site', { 'Sec-Fetch-Site': 'same-origin', Cookie: 'a=1' }, 200],
  ['a page of this site behind a proxy that changes Host', { 'Sec-Fetch-Site': 'same-origin', Origin: 'https://public.example' }, 200],
  ['a person at the address bar', { 'Sec-Fetch-Site': 'none' }, 200],
  ['a page of a sister site', { 'Sec-Fetch-Site': 'same-site' }, 403],
  ['a page of another site', { 'Sec-Fetch-Site': 'cross-site', Origin: 'http://evil.example' }, 403],
])('%s may start runs, or not', async (_who, headers, status) => {
  await using guarded = testApp({ runs: { answer: script.kind }, allowedOrigins: ['https://friend.example'] })
  const response = await guarded.ask('/runs/answer', posting(null, headers))
  if (status === 403) await expectProblem(response, 403, 'forbidden', /another site/)
  else expect(response.status).toBe(200)
  // To read is no danger: a page of another site does not get to see the answer.
  expect((await guarded.ask('/runs', { headers })).status).toBe(200)
})

test('a signal that is none is refused, and one that is says how the run stands', async () => {
  const log = await Log.begin(server.store)
  const signal = (body: unknown): Promise<Response> => server.ask(`/runs/${log.run}/signals`, posting(body))
  for (const body of [null, 'cancel', {}, { type: 7 }, { type: 'cancel', id: 7 }, { type: 'cancel', id: '' }, { type: 'cancel', id: 'a\nb' }, { type: 'cancel', id: 'x'.repeat(65) }]) {
    await expectProblem(await signal(body), 400, 'invalid_request', /signal/i)
  }
  await log.end()
  expect(await (await signal({ type: 'cancel' })).json()).toEqual({ id: log.run, status: 'completed' })
})

async function withSocket(use: (client: RawClient, served: Served) => Promise<void>): Promise<void> {
  const served = await serve(server.app, { port: 0 })
  using client = new RawClient(served.port)
  try {
    await use(client, served)
  } finally {
    await served.close()
  }
}

const TWO = 2 * 1024 * 1024

test('a body with too large a length is refused while it is still being sent, and the connection goes on', () => withSocket(async (client) => {
  client.send(head('POST /runs/answer HTTP/1.1', { ...json, 'Content-Length': String(TWO) }))
  client.send(new Uint8Array(TWO / 2))
  await client.until('HTTP/1.1 413')
  await client.until('too_large')
  client.send(new Uint8Array(TWO / 2))
  client.send(head('GET /runs HTTP/1.1'))
  await client.until('"runs":[]')
}))

test('a chunked body is counted while it is read, and the answer reaches who is still sending', () => withSocket(async (client) => {
  client.send(head('POST /runs/answer HTTP/1.1', { ...json, 'Transfer-Encoding': 'chunked' }))
  const chunk = Buffer.concat([Buffer.from('10000\r\n'), new Uint8Array(0x10000), Buffer.from('\r\n')])
  for (let sent = 0; sent < TWO; sent += 0x10000) client.send(chunk)
  await client.until('HTTP/1.1 413')
  // It sends on and on: that is thrown away, not kept.
  const before = process.memoryUsage().rss
  for (let sent = 0; sent < 64 * 1024 * 1024; sent += 0x10000) {
    if (!client.send(chunk)) await new Promise((resolve) => client.socket.once('drain', resolve))
  }
  expect(process.memoryUsage().rss - before).toBeLessThan(60 * 1024 * 1024)
  client.send(`0\r\n\r\n${head('GET /runs HTTP/1.1')}`)
  await client.until('"runs":[]')
}))

test('a body that was cut short starts nothing and is nobody’s failure', () => withSocket(async (client, served) => {
  client.send(head('POST /runs/answer HTTP/1.1', { ...json, 'Content-Length': '100' }) + '{"a":')
  client.leave()
  await vi.waitUntil(async () => (await fetch(`${served.url}/runs`, { headers: { 'X-User': 'ada' } })).ok)
  expect(script.starts).toBe(0)
  expect(server.logged).toEqual([])
}))

test.each([404, undefined, null])('a public error of a wrong form (%j) ends its run and nothing else', async (code) => {
  script = new Script()
  const own = testApp({ runs: { answer: script.kind } })
  script.fail(new PublicError(code as never, code as never))
  const answer = (await (await own.ask('/runs/answer', posting({}, { Accept: 'application/json' }))).json()) as { status: string; error: { code: string } }
  expect([answer.status, answer.error.code]).toEqual(['failed', String(code)])
  await own.app.close()
})
