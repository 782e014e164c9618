import { createHash } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { posting, testApp, type TestApp } from '../../../../test/support/app.ts'
import { Arriving } from '../../../../test/support/arriving.ts'
import { framesIn } from '../../../../test/support/frames.ts'
import { Log } from '../../../../test/support/log.ts'
import { Script } from '../../../../test/support/script.ts'
import { anthropic } from '../dialect/anthropic.ts'
import type { Dialect } from '../dialect/dialect.ts'
import type { Chunk } from '../format/bytes.ts'
import { toNodeHandler } from '../runtime/node/handler.ts'
import { serve } from '../runtime/node/serve.ts'
import { memory } from '../store/memory.ts'
import type { Store } from '../store/store.ts'
import { takeStream } from './body.ts'
import type { Sink, SinkControl, StreamBody } from './sink.ts'

const SSE = { Accept: 'text/event-stream', 'X-User': 'ada' }
const MIB = 1024 * 1024

/** A store that counts who watches it, and whose log can become another one. */
class Watched {
  watching = 0
  rolledBack = false
  readonly store: Store

  constructor() {
    const kept = memory()
    this.store = Object.assign(Object.create(kept) as Store, {
      ...bound(kept),
      watch: (...of: Parameters<Store['watch']>) => {
        const stop = kept.watch(...of)
        this.watching += 1
        let over = false
        return () => {
          if (!over) this.watching -= 1
          over = true
          stop()
        }
      },
      // Sealing joins deltas under a reader's eyes: the same is said, but in other bytes.
      list: async (filter: Parameters<Store['list']>[0]) => (filter.needs === 'seal' ? [] : kept.list(filter)),
      read: async (...of: Parameters<Store['read']>) => {
        const { batches, record } = await kept.read(...of)
        return { batches, record: this.rolledBack ? { ...record, epochs: [{ from: 1, epoch: 'ffffffff' }] } : record }
      },
    })
  }
}

/** A store's methods as functions of their own: private fields want their own `this`. */
function bound(store: Store): Partial<Store> {
  const names = ['create', 'acquire', 'append', 'find', 'load', 'signal', 'touch', 'seal', 'delete', 'close'] as const
  return Object.fromEntries(names.map((name) => [name, store[name].bind(store)]))
}

let watched: Watched
let script: Script
let server: TestApp

beforeEach(() => {
  watched = new Watched()
  script = new Script()
  server = testApp({ store: watched.store, runs: { answer: script.kind }, limits: { streams: 1_000 } })
})

afterEach(() => server.app.close())

const read = (log: Log, accept = 'text/event-stream', query = ''): Promise<Response> => server.ask(`/runs/${log.run}${query}`, { headers: { Accept: accept } })

/** Takes what it is given and has no more room, until it is told to go on. */
class Narrow implements Sink {
  readonly #control: SinkControl
  #hash = createHash('sha256')
  #drained = true
  taken = 0
  ended = false
  cut = false

  constructor(stream: StreamBody) {
    this.#control = stream.open(this)
  }

  write({ body }: Chunk): boolean {
    expect(this.#drained).toBe(true)
    this.#drained = false
    this.taken += body.length
    this.#hash.update(body)
    return false
  }

  end(): void {
    this.ended = true
  }

  reset(): void {
    this.cut = true
  }

  get digest(): string {
    return this.#hash.copy().digest('hex')
  }

  /** Makes room for one write, and waits for it. */
  async goOn(): Promise<void> {
    const before = this.taken
    this.#drained = true
    this.#control.drain()
    await vi.waitUntil(() => this.ended || this.cut || this.taken > before, { interval: 1 })
  }

  leave(): void {
    this.#control.close()
  }
}

test('readers that stand still are given one batch and no more, however long the log, and all of it when they go on', async () => {
  const log = await Log.begin(server.store)
  const grow = async (mib: number): Promise<void> => {
    for (let piece = 0; piece < mib * 4; piece += 1) await log.say('x'.repeat(MIB / 4))
  }
  await grow(40)
  const readers = await Promise.all(Array.from({ length: 20 }, async () => new Narrow(takeStream(await read(log))!)))
  await vi.waitUntil(() => readers.every(({ taken }) => taken > 0))
  await grow(10)
  await log.end()
  expect(Math.max(...readers.map(({ taken }) => taken))).toBeLessThan(MIB)
  for (const reader of readers.slice(1)) reader.leave()
  const [slow] = readers
  while (!slow!.ended) await slow!.goOn()
  expect(slow!.taken).toBeGreaterThan(50 * MIB)
  const whole = new Uint8Array(await (await read(log)).arrayBuffer())
  expect(slow!.digest).toBe(createHash('sha256').update(whole).digest('hex'))
  expect(watched.watching).toBe(0)
})

test('a socket that nobody reads holds back the server, not its memory', async () => {
  const log = await Log.begin(server.store)
  for (let piece = 0; piece < 200; piece += 1) await log.say('x'.repeat(MIB / 4))
  let buffered = (): number => 0
  const handler = toNodeHandler(server.app)
  const http = createServer((message, to) => {
    buffered = () => to.writableLength
    handler(message, to)
  })
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve))
  // Its body is not asked for, and so its socket is not read.
  const response = await fetch(`http://127.0.0.1:${String((http.address() as AddressInfo).port)}/runs/${log.run}`, { headers: SSE })
  await vi.waitUntil(() => buffered() > 0)
  for (let piece = 0; piece < 40; piece += 1) {
    await log.say('x'.repeat(MIB / 4))
    expect(buffered()).toBeLessThan(MIB)
  }
  await log.end()
  const bytes = Buffer.from(await response.arrayBuffer())
  expect(bytes.length).toBeGreaterThan(60 * MIB)
  expect(bytes.subarray(-60).toString()).toContain('{"type":"end","status":"completed"}')
  await new Promise((resolve) => {
    http.close(resolve)
    http.closeAllConnections()
  })
})

test.each([true, false])('a reader that stood still while its app closed is cut as soon as it goes on (with a log before it: %s)', async (behind) => {
  const log = await Log.begin(server.store)
  const reader = new Narrow(takeStream(await read(log))!)
  if (behind) for (let piece = 0; piece < 8; piece += 1) await log.say('x'.repeat(MIB / 4))
  await server.app.close()
  while (!reader.cut) await reader.goOn()
  expect(reader.ended).toBe(false)
  expect(server.logged).toEqual([])
})

test('two hundred readers of one run, slow ones among them, get the very same bytes', async () => {
  const served = await serve(server.app, { port: 0 })
  const log = await Log.begin(server.store)
  const fast = Array.from({ length: 180 }, async () => Buffer.from(await (await fetch(`${served.url}/runs/${log.run}`, { headers: SSE })).arrayBuffer()))
  // These take one chunk, and the next only when all has been said.
  const slow = await Promise.all(Array.from({ length: 20 }, async () => new Arriving(await read(log))))
  await Promise.all(slow.map((one) => one.until('"start"')))
  for (let piece = 0; piece < 200; piece += 1) await log.say(`${String(piece)} `.repeat(400))
  await log.end()
  await Promise.all(slow.map((one) => one.toEnd()))
  const whole = Buffer.from(await (await read(log)).arrayBuffer())
  expect(framesIn(whole, 'sse')).toHaveLength(203)
  for (const bytes of [...(await Promise.all(fast)), ...slow.map((one) => one.bytes)]) expect(whole.equals(bytes)).toBe(true)
  await served.close()
})

test.each(['?dialect=millrace', '?dialect=anthropic'])('a reader that falls behind and catches up loses nothing: %s', async (query) => {
  const log = await Log.begin(server.store)
  const reader = new Arriving(await read(log, 'text/event-stream', query))
  await reader.until('start')
  for (let round = 0; round < 20; round += 1) {
    // Said while nobody asks for more, then while somebody does.
    await log.say(`a${String(round)} `, { type: 'source', title: 's' })
    await log.say(`b${String(round)} `)
    await reader.until(`b${String(round)} `)
    const live = reader.until(`c${String(round)} `)
    await log.say({ type: 'delta', kind: 'reasoning', text: `c${String(round)} ` })
    await live
  }
  await log.end()
  await reader.toEnd()
  expect(Buffer.from(reader.bytes)).toEqual(Buffer.from(await (await read(log, 'text/event-stream', query)).arrayBuffer()))
})

test('readers that have left leave nothing behind', async () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
  try {
    await using fresh = testApp({ store: watched.store, runs: { answer: script.kind } })
    const log = await Log.begin(fresh.store)
    const idle = vi.getTimerCount()
    const responses = await Promise.all(Array.from({ length: 50 }, () => fresh.ask(`/runs/${log.run}`, { headers: SSE })))
    const readers = responses.map((response) => new Arriving(response))
    await Promise.all(readers.map((reader) => reader.until('"start"')))
    expect(watched.watching).toBe(1)
    // One to beat for all, one to look for lost wake-ups.
    expect(vi.getTimerCount()).toBe(idle + 2)
    const unread = await fresh.ask(`/runs/${log.run}`, { headers: SSE })
    await Promise.all([...readers.map((reader) => reader.leave()), unread.body!.cancel()])
    expect(watched.watching).toBe(0)
    expect(vi.getTimerCount()).toBe(idle)
  } finally {
    vi.useRealTimers()
  }
})

test.each([['text/event-stream', '', ':\n\n'], ['application/x-ndjson', '', '\n'], ['text/event-stream', '?dialect=anthropic', 'event: ping\ndata: {"type":"ping"}\n\n']])(
  'silence is broken every 15 s, and only silence: %s%s', async (accept, query, beat) => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
    try {
      await using fresh = testApp()
      const log = await Log.begin(fresh.store)
      const reader = new Arriving(await fresh.ask(`/runs/${log.run}${query}`, { headers: { Accept: accept } }))
      await reader.until('start')
      const start = reader.text
      const word = reader.until('word')
      vi.advanceTimersByTime(14_000)
      await log.say('word')
      await word
      const said = reader.text
      const after = reader.until('later')
      vi.advanceTimersByTime(14_000)
      // Not yet: the word was 14 s ago. Now it is 16 s.
      vi.advanceTimersByTime(2_000)
      await log.say('later')
      await after
      expect(said.slice(start.length).startsWith(beat)).toBe(false)
      expect(reader.text.slice(said.length).startsWith(beat)).toBe(true)
      expect(reader.text.slice(said.length + beat.length).startsWith(beat)).toBe(false)
      await reader.leave()
    } finally {
      vi.useRealTimers()
    }
  },
)

test.each([['text/event-stream', /data: {"type":"reset"}\n\n$/], ['application/x-ndjson', /\n{"type":"reset"}\n$/], ['text/plain', /^one $/]])(
  'a reader whose log became another one is told so where it can be, and cut: %s', async (accept, last) => {
    const log = await Log.begin(server.store)
    await log.say('one ')
    const reader = new Arriving(await read(log, accept))
    await reader.until('one ')
    const cut = expect(reader.toEnd()).rejects.toThrow()
    watched.rolledBack = true
    // A wake-up without a batch: the tail looks for itself.
    await server.store.signal(log.run, { id: 'x', type: 'x', data: 'null' })
    await cut
    expect(reader.text).toMatch(last)
    watched.rolledBack = false
  },
)

test('a dialect that throws cuts its own readers and nobody else', async () => {
  const brittle: Dialect = { ...anthropic, step: (outline, entry) => {
    if (entry.type === 'source') throw new Error('hunter2')
    return anthropic.step!(outline, entry)
  } }
  const input = (): null => null
  await using fresh = testApp({ runs: { answer: script.kind }, routes: { '/brittle': { kind: 'answer', dialect: brittle, input }, '/sound': { kind: 'answer', dialect: anthropic, input } } })
  const ask = async (path: string): Promise<Arriving> => new Arriving(await fresh.ask(path, posting(null, { 'Idempotency-Key': 'k' })))
  const [broken, sound] = [await ask('/brittle'), await ask('/sound')]
  await Promise.all([broken.until('message_start'), sound.until('message_start')])
  const cut = expect(broken.toEnd()).rejects.toThrow()
  const whole = sound.toEnd()
  script.say('text ', { type: 'source', title: 'a doc' }, 'more')
  script.end()
  await cut
  await whole
  expect(sound.text).toContain('message_stop')
  expect(sound.text).toContain('citations_delta')
  expect(broken.text).not.toMatch(/hunter2|message_stop/)
  expect(fresh.logged).toMatchObject([{ message: 'A stream was cut.' }])
})
