import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { posting, testApp, type TestApp } from '../../../../test/support/app.ts'
import { Arriving } from '../../../../test/support/arriving.ts'
import { Log } from '../../../../test/support/log.ts'
import { expectProblem } from '../../../../test/support/problem.ts'
import { Script } from '../../../../test/support/script.ts'
import { anthropic } from '../dialect/anthropic.ts'
import { memory } from '../store/memory.ts'
import { anyone } from './authenticate.ts'

let script: Script
let server: TestApp
let now: number

beforeEach(() => {
  script = new Script()
  now = Date.now()
  const chat = { kind: 'answer', dialect: anthropic, input: (body: unknown) => body as never }
  server = testApp({
    runs: { answer: script.kind }, routes: { '/chat': chat }, store: memory({ clock: () => now }), cancelGrace: 50,
    retention: 60_000, tombstone: 60_000, limits: { streams: 3 },
  })
})

afterEach(() => server.app.close())

const EVE = { 'X-User': 'eve' }
const SSE = { Accept: 'text/event-stream' }
const keyed = (key: string, headers: Readonly<Record<string, string>> = {}): Readonly<Record<string, string>> => ({ ...SSE, 'Idempotency-Key': key, ...headers })
const runOf = (response: Response): string => response.headers.get('Millrace-Run')!

/** Every way to name a run. */
function waysTo(run: string): readonly [string, RequestInit][] {
  return [
    [`/runs/${run}`, {}], [`/runs/${run}`, { headers: SSE }], [`/runs/${run}?dialect=anthropic`, {}],
    [`/runs/${run}/signals`, posting({ type: 'cancel' })], [`/runs/${run}`, { method: 'DELETE' }],
  ]
}

test('somebody else’s run is not there, whatever is asked of it, and goes on', async () => {
  const log = await Log.begin(server.store)
  for (const [path, init] of waysTo(log.run)) {
    await expectProblem(await server.ask(path, { ...init, headers: { ...(init.headers as Record<string, string> | undefined), ...EVE } }), 404, 'not_found')
  }
  expect(await (await server.ask('/runs', { headers: EVE })).json()).toEqual({ runs: [] })
  expect(await (await server.ask('/runs')).json()).toMatchObject({ runs: [{ id: log.run, status: 'running' }] })
  await log.end()
})

test('a run that has expired or was deleted is gone for its owner, and not there for others', async () => {
  const [expired, deleted] = [await Log.begin(server.store), await Log.begin(server.store)]
  await deleted.end()
  expect((await server.ask(`/runs/${deleted.run}`, { method: 'DELETE' })).status).toBe(204)
  await expired.end()
  now += 8 * 24 * 60 * 60 * 1000
  // The log's own policy is a week; what was deleted a week ago is forgotten.
  for (const [path, init] of waysTo(expired.run)) {
    await expectProblem(await server.ask(path, init), 410, 'gone')
    await expectProblem(await server.ask(path, { ...init, headers: { ...(init.headers as Record<string, string> | undefined), ...EVE } }), 404, 'not_found')
  }
  await expectProblem(await server.ask(`/runs/${deleted.run}`), 404, 'not_found')
})

test('the same key is one run: at once, later and from the dialect’s route; another body is refused', async () => {
  const start = (body: unknown, headers = keyed('k'), path = '/runs/answer'): Promise<Response> => server.ask(path, posting(body, headers))
  const [one, two] = await Promise.all([start('a'), start('a')])
  expect(runOf(one)).toBe(runOf(two))
  await expectProblem(await start('b'), 422, 'key_reused', /new key/)
  const eve = await start('a', keyed('k', EVE))
  expect(runOf(eve)).not.toBe(runOf(one))
  script.say('hello')
  script.end()
  expect(await one.text()).toBe(await two.text())
  await eve.text()
  const later = await start('a', keyed('k'), '/chat')
  expect(runOf(later)).toBe(runOf(one))
  expect(await later.text()).toContain('message_stop')
  expect(await (await start('a', keyed('k', { Prefer: 'respond-async' }))).json()).toMatchObject({ id: runOf(one), created: false, status: 'completed' })
  expect(script.starts).toBe(2)
})

test('a key whose run is gone does not pay again', async () => {
  script.end()
  const first = await server.ask('/runs/answer', posting('a', keyed('k')))
  await first.text()
  await server.ask(`/runs/${runOf(first)}`, { method: 'DELETE' })
  await expectProblem(await server.ask('/runs/answer', posting('a', keyed('k'))), 410, 'gone')
  const followed = await server.ask('/chat', posting('a', keyed('k', { 'Last-Event-ID': '00000000-1' })))
  expect([followed.status, await followed.json()]).toMatchObject([410, { type: 'error', error: { code: 'gone' } }])
  expect(script.starts).toBe(1)
})

test('a dialect’s route with Last-Event-ID follows the run of its key and starts none', async () => {
  script.say('one ', 'two ')
  script.end()
  const whole = await server.ask('/chat', posting('a', keyed('k')))
  const text = await whole.text()
  const third = text.split('\n\n')[2]!
  const cursor = /^id: (.*)$/m.exec(third)![1]!
  const rest = await server.ask('/chat', posting('whatever', keyed('k', { 'Last-Event-ID': cursor })))
  expect(text).toBe(text.slice(0, text.indexOf(third) + third.length + 2) + (await rest.text()))
  expect(runOf(rest)).toBe(runOf(whole))
  expect(script.starts).toBe(1)
})

test('over the limit of streams nothing is started; who leaves, or was not there, makes room', async () => {
  const start = (headers = {}): Promise<Response> => server.ask('/runs/answer', posting('a', { ...SSE, ...headers }))
  const open = [await start(), await start(), await start()]
  const before = (await server.store.list({ limit: 10 })).length
  const refused = await start()
  expect(refused.headers.get('Retry-After')).toMatch(/^\d+$/)
  await expectProblem(refused, 429, 'too_many_streams', /3 open streams/)
  await expectProblem(await server.ask(`/runs/${runOf(open[0]!)}`, { headers: SSE }), 429, 'too_many_streams')
  expect(await server.store.list({ limit: 10 })).toHaveLength(before)
  const eve = await start(EVE)
  expect(eve.status).toBe(200)
  await eve.body?.cancel()
  // A document and a head need no place.
  expect((await server.ask(`/runs/${runOf(open[0]!)}`)).status).toBe(200)
  expect((await server.ask(`/runs/${runOf(open[0]!)}`, { headers: SSE, method: 'HEAD' })).status).toBe(200)
  await open[1]!.body?.cancel()
  // What is refused for another reason keeps no place.
  for (let round = 0; round < 5; round += 1) await expectProblem(await server.ask('/runs/nothing', posting('a', SSE)), 404, 'unknown_kind')
  const last = await start()
  expect(last.status).toBe(200)
  await Promise.all([open[0], open[2], last].map((response) => response!.body!.cancel()))
})

test('a stream that ends gives its place back, and so does one that has nothing to say', async () => {
  const log = await Log.begin(server.store)
  await log.end()
  const path = `/runs/${log.run}`
  for (let round = 0; round < 5; round += 1) {
    const response = await server.ask(path, { headers: SSE })
    const cursor = /^id: (.*)$/gm.exec((await response.text()).split('\n\n').at(-2)!)![1]!
    expect((await server.ask(path, { headers: { ...SSE, 'Last-Event-ID': cursor } })).status).toBe(204)
  }
})

test('anyone is one principal without a limit of streams', async () => {
  await using open = testApp({ runs: { answer: script.kind }, authenticate: anyone, limits: { streams: 1 } })
  const responses = await Promise.all(Array.from({ length: 5 }, () => open.ask('/runs/answer', posting('a', SSE))))
  expect(responses.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200])
  await Promise.all(responses.map((response) => response.body!.cancel()))
})

test.each(['signal', 'delete'])('a handler that ignores its signal is cut off: by %s', async (how) => {
  let started = false
  await using stubborn = testApp({
    cancelGrace: 20,
    runs: { stubborn: { run: async function* () {
      yield 'before'
      started = true
      await new Promise(() => undefined)
    } } },
  })
  const response = await stubborn.ask('/runs/stubborn', posting(null, SSE))
  const body = response.text()
  await vi.waitUntil(() => started)
  const path = `/runs/${runOf(response)}`
  const asked = how === 'delete' ? await stubborn.ask(path, { method: 'DELETE' }) : await stubborn.ask(`${path}/signals`, posting({ type: 'cancel' }))
  expect([asked.status, await asked.json()]).toEqual([how === 'delete' ? 202 : 200, { id: runOf(response), status: 'running' }])
  expect(await body).toMatch(/"text":"before"[^]*{"type":"end","status":"cancelled"}\n\n$/)
  expect((await stubborn.ask(path, { method: 'DELETE' })).status).toBe(204)
  expect((await stubborn.ask(path)).status).toBe(410)
})

test('what a handler throws reaches its readers as internal and nothing else', async () => {
  script.say('so far')
  script.fail(new Error('postgres://user:hunter2@db'))
  const response = await server.ask('/runs/answer', posting(null, SSE))
  const stream = await response.text()
  const snapshot = await (await server.ask(`/runs/${runOf(response)}`)).text()
  for (const text of [stream, snapshot]) {
    expect(text).toContain('"code":"internal"')
    expect(text).not.toContain('hunter2')
  }
  expect(server.logged).toMatchObject([{ level: 'error', message: 'A run failed.', details: { kind: 'answer' } }])
})

test('a start that waits for the answer gets the snapshot, and one that leaves disturbs nobody', async () => {
  const leaving = new AbortController()
  const left = server.ask('/runs/answer', { ...posting('a', { Accept: 'application/json' }), signal: leaving.signal })
  const waiting = server.ask('/runs/answer', posting('a', { Accept: 'application/json' }))
  await vi.waitUntil(() => script.starts === 2)
  leaving.abort()
  expect((await left).status).toBe(503)
  script.say('hello')
  script.end({ ok: true })
  expect(await (await waiting).json()).toMatchObject({ status: 'completed', text: 'hello', result: { ok: true }, input: 'a' })
  expect(server.logged).toEqual([])
})

test('a reader whose run is deleted under it is told so, and cut', async () => {
  const log = await Log.begin(server.store)
  for (let round = 0; round < 40; round += 1) await log.say('x'.repeat(10_000))
  const body = new Arriving(await server.ask(`/runs/${log.run}`, { headers: SSE }))
  await body.until('"start"')
  await log.end()
  await server.store.delete(log.run)
  await expect(body.toEnd()).rejects.toThrow()
  expect(body.text).toMatch(/event: gone\ndata: {"type":"gone"}\n\n$/)
})

test('pages of a list join without a gap', async () => {
  const runs: string[] = []
  for (let n = 0; n < 7; n += 1) {
    now += n % 2
    runs.unshift((await Log.begin(server.store)).run)
  }
  const seen: string[] = []
  let next = ''
  do {
    const reply = (await (await server.ask(`/runs?limit=3${next}`)).json()) as { runs: { id: string }[]; next?: string }
    seen.push(...reply.runs.map(({ id }) => id))
    next = reply.next === undefined ? '' : `&before=${encodeURIComponent(reply.next)}`
  } while (next !== '')
  expect(seen.toSorted()).toEqual(runs.toSorted())
  expect(new Set(seen).size).toBe(7)
})

test('a closed app says that it is closed, and when to ask again', async () => {
  await server.app.close()
  for (const [path, init] of [['/runs/answer', posting('a')], ['/runs', {}]] as const) {
    const response = await server.ask(path, init)
    expect(response.headers.get('Retry-After')).toMatch(/^\d+$/)
    await expectProblem(response, 503, 'closed')
  }
})
