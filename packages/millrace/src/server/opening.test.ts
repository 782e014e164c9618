import { afterEach, beforeEach, expect, test } from 'vitest'
import { posting, testApp, type TestApp } from '../../../../test/support/app.ts'
import { Log } from '../../../../test/support/log.ts'
import { expectProblem } from '../../../../test/support/problem.ts'
import { Script } from '../../../../test/support/script.ts'
import type { Dialect } from '../dialect/dialect.ts'
import { millrace } from '../dialect/millrace.ts'
import type { Chunk } from '../format/bytes.ts'
import { memory } from '../store/memory.ts'
import type { Store } from '../store/store.ts'
import { createMillrace } from './app.ts'
import { anyone } from './authenticate.ts'
import { takeStream } from './body.ts'
import { encodingOf } from './negotiate.ts'
import type { Sink, SinkControl } from './sink.ts'

let script: Script
let server: TestApp

beforeEach(() => {
  script = new Script()
  server = testApp({ runs: { answer: script.kind } })
})
afterEach(() => server.app.close())

const as = (accept: string): RequestInit => ({ headers: { Accept: accept } })

/** A reader that keeps the very arrays it is given. */
class Keeping implements Sink {
  readonly kept: Uint8Array[] = []
  readonly control: SinkControl
  readonly over: Promise<'end' | 'reset'>
  #settle: (how: 'end' | 'reset') => void = () => undefined

  constructor(response: Response) {
    this.over = new Promise((resolve) => (this.#settle = resolve))
    this.control = takeStream(response)!.open(this)
  }

  write({ body }: Chunk): boolean {
    this.kept.push(body)
    return true
  }

  end(): void {
    this.#settle('end')
  }

  reset(): void {
    this.#settle('reset')
  }

  get text(): string {
    return Buffer.concat(this.kept).toString()
  }
}

const reading = async (path: string, accept = 'text/event-stream'): Promise<Keeping> => new Keeping(await server.ask(path, as(accept)))

test.each(['/runs/answer?after=00000000-1', '/runs/answer?after=zzz'])('a POST with a cursor and no key starts nothing: %s', async (path) => {
  await expectProblem(await server.ask(path, posting({})), 400, path.endsWith('zzz') ? 'invalid_cursor' : 'invalid_request')
  expect(script.starts).toBe(0)
})

test('text of a run that begins anew is cut, and read again it is the newest attempt alone', async () => {
  const log = await Log.begin(server.store)
  await log.say('one ')
  const early = await reading(`/runs/${log.run}`, 'text/plain')
  await log.takeOver()
  await log.beginAnew(2)
  expect([await early.over, early.text]).toEqual(['reset', 'one '])
  const late = await reading(`/runs/${log.run}`, 'text/plain')
  await log.say('one ', 'two')
  await log.end()
  expect([await late.over, late.text]).toEqual(['end', 'one two'])
  await log.seal()
  const last = await reading(`/runs/${log.run}`, 'text/plain')
  expect([await last.over, last.text]).toEqual(['end', 'one two'])
})

test.each(['', '?dialect=anthropic'])('readers at the tail are handed the very same bytes%s', async (query) => {
  const log = await Log.begin(server.store)
  const readers = [await reading(`/runs/${log.run}${query}`), await reading(`/runs/${log.run}${query}`)]
  await log.say('a ')
  await log.say('b ')
  await log.end()
  const [one, other] = await Promise.all(readers.map((reader) => reader.over.then(() => reader.kept)))
  // What they caught up with before the first batch may be cut differently; what landed live may not.
  expect(one!.at(-1)).toBe(other!.at(-1))
  expect(Buffer.concat(one!).equals(Buffer.concat(other!))).toBe(true)
})

test.each([
  ['text/event-stream;q=0, */*', 'application/json'],
  ['application/json;q=0.1, text/event-stream', 'text/event-stream'],
  ['application/json;q=0, */*', 'text/event-stream'],
  ['text/*', 'text/event-stream'],
  ['text/event-stream;q=0, text/*', 'text/plain; charset=utf-8'],
  ['image/png, application/x-ndjson;q=0.3', 'application/x-ndjson'],
  ['text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8', 'text/html; charset=utf-8'],
])('Accept: %s is answered with %s', async (accept, type) => {
  const log = await Log.begin(server.store)
  await log.end()
  const response = await server.ask(`/runs/${log.run}`, as(accept))
  expect(response.headers.get('Content-Type')).toBe(type)
  await response.body?.cancel()
})

test('an empty name is nobody', async () => {
  await expectProblem(await server.ask('/runs', { headers: { 'X-User': '' } }), 401, 'unauthorized')
})

test('below a base nothing else is answered', async () => {
  const based = testApp({ runs: { answer: script.kind }, base: '/api' })
  expect((await based.ask('/api/runs')).status).toBe(200)
  for (const path of ['/runs', '/api', '/apiruns', '/api/api/runs']) await expectProblem(await based.ask(path), 404, 'not_found')
  await based.app.close()
})

test('a route’s own dialect is read by GET too', async () => {
  const loud: Dialect = {
    name: 'loud', version: 1, heartbeat: null, document: null,
    step: (_outline, entry) => (entry.type === 'delta' ? [{ event: null, data: JSON.stringify({ text: entry.text.toUpperCase() }) }] : []),
  }
  const own = testApp({ runs: { answer: script.kind }, routes: { '/loud': { kind: 'answer', dialect: loud, input: (body) => body } } })
  script.say('hello')
  script.end()
  const posted = await own.ask('/loud', posting({}))
  const text = await posted.text()
  expect(text).toContain('{"text":"HELLO"}')
  const read = await own.ask(`/runs/${posted.headers.get('Millrace-Run')!}?dialect=loud`)
  expect(await read.text()).toBe(text)
  await own.app.close()
})

test('who waits for a document has a place among the streams', async () => {
  const narrow = testApp({ runs: { answer: script.kind }, limits: { streams: 1 } })
  const waiting = narrow.ask('/runs/answer', posting({ n: 1 }, { Accept: 'application/json' }))
  await expect.poll(() => script.starts).toBe(1)
  await expectProblem(await narrow.ask('/runs/answer', posting({ n: 2 }, { Accept: 'application/json' })), 429, 'too_many_streams')
  expect(script.starts).toBe(1)
  script.end()
  expect((await waiting).status).toBe(200)
  expect((await narrow.ask('/runs/answer', posting({ n: 3 }, { Accept: 'application/json' }))).status).toBe(200)
  await narrow.app.close()
})

test('what a server cannot do without is missed when it is made', () => {
  const script = new Script()
  expect(() => createMillrace({ runs: { answer: script.kind }, store: memory() } as never)).toThrow(/authenticate.*anyone/)
  expect(() => createMillrace({ runs: {}, authenticate: anyone } as never)).toThrow(/`store`/)
})

test('no server takes entries that its clients would not', () => {
  expect(() => testApp({ limits: { entry: 1024 * 1024 + 1 } })).toThrow(expect.objectContaining({ code: 'invalid_request' }))
})

test('a heartbeat does not go to a reader that has no room', async () => {
  const log = await Log.begin(server.store)
  const fast = testApp({ store: server.store, runs: { answer: script.kind }, heartbeat: 1_000 })
  let writes = 0
  const stalled: Sink = { write: () => (writes += 1) < 0, end: () => undefined, reset: () => undefined }
  const response = await fast.ask(`/runs/${log.run}`, as('text/event-stream'))
  const control = takeStream(response)!.open(stalled)
  const lively = new Keeping(await fast.ask(`/runs/${log.run}`, as('text/event-stream')))
  await expect.poll(() => lively.text.endsWith(':\n\n:\n\n'), { timeout: 10_000 }).toBe(true)
  expect(writes).toBe(1)
  control.close()
  lively.control.close()
})

test('a run too large for one document is refused as such, and read as a stream', async () => {
  const small = testApp({ store: server.store, runs: { answer: script.kind }, limits: { snapshot: 1_000 } })
  const log = await Log.begin(server.store)
  await log.say('x'.repeat(1_001))
  await log.end()
  await expectProblem(await small.ask(`/runs/${log.run}`), 413, 'too_large', /as a stream/)
  expect(await (await small.ask(`/runs/${log.run}`, as('text/plain'))).text()).toBe('x'.repeat(1_001))
  await small.app.close()
})

test('who asks for a snapshot at once shares one reading of the log, and never gets an older one', async () => {
  let loads = 0
  const store = Object.assign(Object.create(server.store) as Store, {
    find: (run: string) => server.store.find(run),
    read: (...of: Parameters<Store['read']>) => server.store.read(...of),
    load: (run: string) => {
      loads += 1
      return server.store.load(run)
    },
  })
  const counted = testApp({ store, runs: { answer: script.kind } })
  const log = await Log.begin(server.store)
  await log.say('some text')
  const snapshots = await Promise.all(Array.from({ length: 20 }, () => counted.ask(`/runs/${log.run}`)))
  expect(loads).toBe(1)
  expect(new Set(await Promise.all(snapshots.map((response) => response.text()))).size).toBe(1)
  await counted.ask(`/runs/${log.run}`)
  expect(loads).toBe(2)
  const early = counted.ask(`/runs/${log.run}`)
  await log.end()
  expect(await (await counted.ask(`/runs/${log.run}`)).json()).toMatchObject({ status: 'completed' })
  expect((await early).status).toBe(200)
})

test('what readers made of a run is not kept for as long as its store keeps the run', async () => {
  const log = await Log.begin(server.store)
  await log.say('x')
  await log.end()
  const { batches } = await server.store.read(log.run, 0, 1)
  const first = await reading(`/runs/${log.run}`)
  const other = await reading(`/runs/${log.run}`)
  await Promise.all([first.over, other.over])
  const { body } = encodingOf(millrace, 'sse').encode(batches[0]!, 0, 0, null).chunk
  expect([...first.kept, ...other.kept]).not.toContain(body)
})

test.each(['constructor', 'toString', 'hasOwnProperty'])('the method %s is none', async (method) => {
  await expectProblem(await server.ask('/runs', { method }), 405, 'method_not_allowed')
})

test.each(['/api/', '/api'])('a base may end as it likes: %s', async (base) => {
  const based = testApp({ runs: { answer: script.kind }, base })
  expect((await based.ask('/api/runs')).status).toBe(200)
  await based.app.close()
  expect(() => testApp({ base: 'api' })).toThrow(/begins with/)
})
