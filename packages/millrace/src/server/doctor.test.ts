import { afterEach, beforeEach, expect, test } from 'vitest'
import { posting, testApp, type TestApp } from '../../../../test/support/app.ts'
import { Arriving } from '../../../../test/support/arriving.ts'
import { expectProblem } from '../../../../test/support/problem.ts'
import { framesIn } from '../../../../test/support/frames.ts'
import { LAST, LARGE, type PatternFrame } from '../protocol/doctor.ts'

let server: TestApp
let until: number | undefined

beforeEach(() => {
  until = undefined
  server = testApp({
    doctor: true, limits: { streams: 2 },
    authenticate: (request) => {
      const principal = request.headers.get('X-User')
      return principal === null || principal === 'nobody' ? null : { principal, ...(until !== undefined && { expiresAt: until }) }
    },
  })
})
afterEach(() => server.app.close())

const SSE = { Accept: 'text/event-stream' }
const LINES = { Accept: 'application/x-ndjson' }
const ask = (path = '/doctor', headers: Readonly<Record<string, string>> = SSE): Promise<Response> => server.ask(path, { headers })

test('there is no pattern where nobody asked for one', async () => {
  await using plain = testApp()
  await expectProblem(await plain.ask('/doctor'), 404, 'not_found')
})

test.each([['sse', SSE], ['ndjson', LINES]] as const)('a pattern comes whole in %s: each piece once, with the time it was sent', async (framing, headers) => {
  const response = await ask('/doctor', headers)
  const bytes = new Uint8Array(await response.arrayBuffer())
  const frames = framesIn(bytes, framing).map(({ data, cursor }) => ({ ...(data as unknown as PatternFrame), cursor }))
  expect(frames.map(({ n }) => n)).toEqual([...Array(LAST + 1).keys()])
  expect(frames.map(({ cursor }) => cursor ?? null)).toEqual([null, ...Array.from({ length: LAST }, (_, n) => String(n + 1))])
  expect(frames.map(({ type }) => type)).toEqual(['hello', ...Array.from({ length: LAST }, (_, n) => (n + 1 === LARGE ? 'large' : n + 1 === LAST ? 'end' : 'beat'))])
  expect(frames.map(({ at }) => at)).toEqual(frames.map(({ at }) => at).toSorted((one, other) => one - other))
  // It amplifies nothing: so much, whoever asks.
  expect(bytes.length).toBeLessThan(72 * 1024)
})

test('its first piece says how the server was asked and what it answered, and nothing that proves who asked', async () => {
  const headers = { ...SSE, 'Idempotency-Key': 'one', Prefer: 'respond-async', Authorization: 'Bearer secret', Cookie: 'session=secret', 'X-Other': 'secret' }
  const response = await ask('/doctor?cut=1', headers)
  const body = new Arriving(response)
  await body.until('\n\n')
  expect(body.text).not.toContain('secret')
  const [hello] = framesIn(body.bytes, 'sse')
  expect(hello?.data).toMatchObject({
    type: 'hello', heartbeat: 15_000, asked: { accept: 'text/event-stream', 'idempotency-key': 'one', prefer: 'respond-async' },
  })
  const { answered } = hello!.data as unknown as { answered: Record<string, string> }
  expect(answered).toEqual(Object.fromEntries(response.headers))
  expect(answered).toMatchObject({ 'millrace-run': 'doctor', 'cache-control': 'private, no-store, no-transform' })
  await body.leave()
})

test('it is cut where that is asked for, and goes on after the piece that a reader has', async () => {
  const cut = new Arriving(await ask('/doctor?cut=2'))
  await expect(cut.toEnd()).rejects.toThrow()
  const had = framesIn(cut.bytes, 'sse').map(({ data }) => data['n'])
  expect(had).toEqual([0, 1, 2])
  const rest = new Arriving(await ask('/doctor', { ...SSE, 'Last-Event-ID': '2' }))
  await rest.until('"n":3')
  expect(framesIn(rest.bytes, 'sse').map(({ data }) => data['n'])).toEqual([0, 3])
  await rest.leave()
  expect(server.logged).toEqual([])
})

test('it can be asked for by POST, which another site’s page cannot', async () => {
  const body = new Arriving(await server.ask('/doctor', posting({}, SSE)))
  await body.until('hello')
  await body.leave()
  await expectProblem(await server.ask('/doctor', posting({}, { ...SSE, Origin: 'https://evil.example' })), 403, 'forbidden')
})

test('it asks who is there, and counts among the caller’s streams', async () => {
  await expectProblem(await ask('/doctor', { ...SSE, 'X-User': 'nobody' }), 401, 'unauthorized')
  const first = new Arriving(await ask())
  await first.until('hello')
  await ask()
  await expectProblem(await ask(), 429, 'too_many_streams')
  await first.leave()
  await expect.poll(async () => (await ask()).status).toBe(200)
})

test('it is cut when the caller’s token runs out', async () => {
  until = Date.now() + 1_000
  const body = new Arriving(await ask('/doctor?silence=300'))
  await expect(body.toEnd()).rejects.toThrow()
  expect(body.text).not.toContain('end')
})

test.each([
  ['/doctor?silence=301', SSE, 400, 'invalid_request'],
  ['/doctor?silence=-1', SSE, 400, 'invalid_request'],
  ['/doctor?cut=many', SSE, 400, 'invalid_request'],
  ['/doctor', { ...SSE, 'Last-Event-ID': '7f3a-2' }, 400, 'invalid_cursor'],
  ['/doctor', { ...SSE, 'Last-Event-ID': '26' }, 400, 'invalid_cursor'],
  ['/doctor', { Accept: 'text/plain' }, 406, 'not_acceptable'],
] as const)('%s with %j is refused with %i', async (path, headers, status, code) => {
  await expectProblem(await ask(path, headers), status, code)
  // And holds no place.
  expect((await Promise.all([ask(), ask()])).map((response) => response.status)).toEqual([200, 200])
})

test('HEAD shows the headers alone, and holds no place', async () => {
  for (let n = 0; n < 3; n += 1) {
    const response = await server.ask('/doctor', { method: 'HEAD', headers: SSE })
    expect([response.status, response.headers.get('Content-Type'), response.body]).toEqual([200, 'text/event-stream', null])
  }
})
