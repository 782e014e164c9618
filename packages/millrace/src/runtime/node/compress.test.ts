import { randomBytes } from 'node:crypto'
import * as zlib from 'node:zlib'
import fc from 'fast-check'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { posting, testApp, type TestApp } from '../../../../../test/support/app.ts'
import { Arriving } from '../../../../../test/support/arriving.ts'
import { everything, Log } from '../../../../../test/support/log.ts'
import { Script } from '../../../../../test/support/script.ts'
import { head, RawClient } from '../../../../../test/support/socket.ts'
import { postPacked, unpack } from '../../../../../test/support/unpack.ts'
import { chunkOf, type Chunk } from '../../format/bytes.ts'
import type { Coding } from '../../server/compress.ts'
import type { Sink, SinkControl, StreamBody } from '../../server/sink.ts'
import { compression } from './compress.ts'
import { serve, type Served } from './serve.ts'

const NAMES = compression.map(({ name }) => name)
const STREAMS = ['text/event-stream', 'application/x-ndjson', 'text/plain']
const LAST_CHUNK = '\r\n0\r\n\r\n'

let script: Script
let server: TestApp
let served: Served

beforeEach(async () => {
  script = new Script()
  const closed = { ...new Script().kind, compress: false }
  server = testApp({ runs: { answer: script.kind, closed }, compress: compression, authenticate: () => 'ada' })
  served = await serve(server.app, { port: 0 })
})

afterEach(async () => {
  await server.app.close()
  await served.close()
})

function ask(path: string, init: RequestInit, coding: string): Promise<Response> {
  const headers = new Headers(init.headers)
  headers.set('Accept-Encoding', coding)
  return fetch(served.url + path, { ...init, headers })
}

async function endedLog(): Promise<Log> {
  const log = await Log.begin(server.store)
  for (const said of everything) await log.say(...said)
  await log.end()
  return log
}

function offered(name: string): Coding {
  return compression.find((coding) => coding.name === name)!
}

test('gzip comes first: its bytes are shared', () => {
  expect(NAMES[0]).toBe('gzip')
  expect(NAMES).toContain('br')
  expect(NAMES.includes('zstd')).toBe('createZstdCompress' in zlib)
})

test.each(NAMES.flatMap((name) => STREAMS.map((accept) => [name, accept] as const)))('every token passes %s before the next is said: %s', async (name, accept) => {
  script.say('token 0 ')
  const { response, body } = await postPacked(`${served.url}/runs/answer`, { Accept: accept, 'Accept-Encoding': name })
  expect(response.headers.get('Content-Encoding')).toBe(name)
  expect(response.headers.get('Vary')).toBe('Accept-Encoding')
  for (let n = 1; n < 20; n += 1) {
    await body.until(`token ${String(n - 1)} `)
    expect(body.text).not.toContain(`token ${String(n)} `)
    script.say(`token ${String(n)} `)
  }
  script.end()
  await body.toEnd()
  expect(body.text).toContain('token 19 ')
})

test.each(NAMES)('a stream in %s says what the plain one says, and is whole in its coding', async (name) => {
  const log = await endedLog()
  const plain = await ask(`/runs/${log.run}`, { headers: { Accept: 'text/event-stream' } }, 'identity')
  expect([plain.headers.get('Content-Encoding'), plain.headers.get('Vary')]).toEqual([null, 'Accept-Encoding'])
  const body = await server.ask(`/runs/${log.run}`, { headers: { Accept: 'text/event-stream', 'Accept-Encoding': name } })
  const bytes = new Uint8Array(await body.arrayBuffer())
  expect(unpack(name, bytes).toString()).toBe(await plain.text())
})

test('readers of gzip who joined at different times are handed the very same packed bytes', () => {
  const [first, second, third, fourth] = ['one', 'two', 'three', 'four'].map((text) => chunkOf(Buffer.from(text)))
  const taken = ([[first!, second!, third!, fourth!], [second!, third!, fourth!]]).map((chunks) => {
    const out: Chunk[] = []
    offered('gzip').stream(new Counted(chunks)).open({ write: (chunk) => out.push(chunk) > 0, end: () => undefined, reset: () => undefined })
    return out
  })
  const [early, late] = taken
  // The first of a stream has its head before it; the last of all is the checksum.
  expect(late![1]).toBe(early![2])
  expect(late![2]).toBe(early![3])
  expect(taken.map((out) => zlib.gunzipSync(Buffer.concat(out.map(({ body }) => body))).toString())).toEqual(['onetwothreefour', 'twothreefour'])
})

test.each(NAMES)('a stream that is cut while it is packed in %s is no whole one, and all that was said has come', async (name) => {
  script.say('so far')
  const response = await ask('/runs/answer', posting(null, { Accept: 'text/event-stream' }), name)
  const body = new Arriving(response)
  await body.until('so far')
  using raw = new RawClient(served.port)
  using older = new RawClient(served.port)
  const get = (version: string): string => head(`GET /runs/${response.headers.get('Millrace-Run')!} HTTP/${version}`, { Accept: 'text/event-stream', 'Accept-Encoding': name })
  raw.send(get('1.1'))
  older.send(get('1.0'))
  await Promise.all([raw.until('\r\n\r\n'), older.until('\r\n\r\n')])
  await server.app.close()
  await expect(body.toEnd()).rejects.toThrow()
  expect([await raw.closed, await older.closed]).toEqual(['end', 'ECONNRESET'])
  expect(raw.received).not.toContain(LAST_CHUNK)
})

test.each(NAMES)('heartbeats pass %s at once', async (name) => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
  try {
    const { body } = await postPacked(`${served.url}/runs/answer`, { Accept: 'text/event-stream', 'Accept-Encoding': name })
    await body.until('start')
    vi.advanceTimersByTime(16_000)
    await body.until('\n:\n')
    script.say('then ')
    await body.until('then "}\n\n')
    vi.advanceTimersByTime(16_000)
    await body.until('then "}\n\n:\n')
    await body.leave()
  } finally {
    vi.useRealTimers()
  }
})

test.each(NAMES)('HTTP/1.0 gets %s, ended by its connection', async (name) => {
  const log = await endedLog()
  using older = new RawClient(served.port)
  older.send(head(`GET /runs/${log.run} HTTP/1.0`, { Accept: 'text/plain', 'Accept-Encoding': name }))
  expect(await older.closed).toBe('end')
  const [headers = '', body = ''] = older.received.split(/\r\n\r\n([^]*)/)
  expect(headers).toContain(`content-encoding: ${name}`)
  expect(unpack(name, Buffer.from(body, 'latin1')).toString()).toContain('last words')
})

test('HEAD has the headers of the packed answer', async () => {
  const log = await endedLog()
  const response = await ask(`/runs/${log.run}`, { method: 'HEAD', headers: { Accept: 'text/event-stream' } }, 'gzip')
  expect([response.headers.get('Content-Encoding'), response.headers.get('Vary')]).toEqual(['gzip', 'Accept-Encoding'])
})

test.each(NAMES)('a snapshot of more than 1 KiB is packed in %s, a smaller one is not', async (name) => {
  const log = await Log.begin(server.store)
  const small = await ask(`/runs/${log.run}`, {}, name)
  expect([small.headers.get('Content-Encoding'), small.headers.get('Vary')]).toEqual([null, 'Accept-Encoding'])
  expect(await small.json()).toMatchObject({ id: log.run })
  await log.say('word '.repeat(300))
  const large = await server.ask(`/runs/${log.run}`, { headers: { 'Accept-Encoding': name } })
  expect(large.headers.get('Content-Encoding')).toBe(name)
  const bytes = new Uint8Array(await large.arrayBuffer())
  expect(bytes.length).toBeLessThan(1024)
  expect(JSON.parse(unpack(name, bytes).toString())).toMatchObject({ id: log.run, text: 'word '.repeat(300) })
})

test('a kind that asks so is never packed, nor is a range or an error', async () => {
  const closed = await ask('/runs/closed', posting(null, { Accept: 'text/event-stream' }), 'gzip')
  expect([closed.headers.get('Content-Encoding'), closed.headers.get('Vary')]).toEqual([null, null])
  await closed.body?.cancel()
  const log = await endedLog()
  const range = await ask(`/runs/${log.run}`, { headers: { Accept: 'text/plain', Range: 'bytes=0-' } }, 'gzip')
  expect(range.headers.get('Content-Encoding')).toBeNull()
  await range.body?.cancel()
  const missing = await ask('/runs/none', {}, 'gzip, identity;q=0')
  expect([missing.status, missing.headers.get('Content-Encoding')]).toEqual([404, null])
})

test('whom no coding suits is refused before a run is started', async () => {
  for (const [path, accept] of [['/runs/answer', 'compress, identity;q=0'], ['/runs/answer', '*;q=0'], ['/runs/closed', 'gzip, identity;q=0']] as const) {
    const response = await ask(path, posting(null), accept)
    expect([response.status, ((await response.json()) as { code: string }).code]).toEqual([406, 'not_acceptable'])
  }
  expect(script.starts).toBe(0)
  const { runs } = (await (await ask('/runs', {}, 'identity')).json()) as { runs: unknown[] }
  expect(runs).toEqual([])
})

test.each(NAMES)('a reader of %s who takes nothing is not written for, and gets all once it reads', async (name) => {
  const noise = Array.from({ length: 40 }, () => randomBytes(32 * 1024))
  const taken: Uint8Array[] = []
  let over = ''
  let isOpen = false
  const sink: Sink = {
    write: ({ body }) => {
      taken.push(body)
      return isOpen
    },
    end: () => { over = 'ended' },
    reset: () => { over = 'cut' },
  }
  const source = new Counted(noise.map((bytes) => chunkOf(bytes)))
  const control = offered(name).stream(source).open(sink)
  await vi.waitUntil(() => taken.length > 0)
  expect(source.written).toBeLessThan(3)
  isOpen = true
  control.drain()
  await vi.waitUntil(() => over === 'ended')
  expect(unpack(name, Buffer.concat(taken)).equals(Buffer.concat(noise))).toBe(true)
})

test('any chunks in any order come out of gzip as they went in, for readers that join anywhere', () => {
  const piece = fc.uint8Array({ maxLength: 9_000 }).map((bytes) => chunkOf(bytes))
  fc.assert(fc.property(fc.array(piece), fc.array(fc.nat(), { maxLength: 40 }), fc.nat(), (pieces, order, from) => {
    // The same chunk may come again after another one, as a heartbeat does.
    const chunks = order.flatMap((n) => pieces[n % Math.max(1, pieces.length)] ?? []).filter(({ body }) => body.length > 0)
    for (const part of [chunks, chunks.slice(from % (chunks.length + 1))]) {
      const out: Uint8Array[] = []
      offered('gzip').stream(new Counted(part)).open({ write: ({ body }) => { out.push(body); return true }, end: () => undefined, reset: () => undefined })
      expect(zlib.gunzipSync(Buffer.concat(out))).toEqual(Buffer.concat(part.map(({ body }) => body)))
    }
  }))
})

/** Writes its chunks as its sink has room, then ends. */
class Counted implements StreamBody, SinkControl {
  written = 0
  readonly #chunks: readonly Chunk[]
  #sink: Sink | null = null

  constructor(chunks: readonly Chunk[]) {
    this.#chunks = chunks
  }

  open(sink: Sink): SinkControl {
    this.#sink = sink
    this.drain()
    return this
  }

  drain(): void {
    for (let chunk = this.#chunks[this.written]; chunk; chunk = this.#chunks[this.written]) {
      this.written += 1
      if (this.#sink?.write(chunk) === false) return
    }
    this.#sink?.end()
    this.#sink = null
  }

  close(): void {
    this.#sink = null
  }

  discard(): void {
    this.#sink = null
  }
}
