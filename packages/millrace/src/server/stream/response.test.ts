import { createParser, type EventSourceMessage } from 'eventsource-parser'
import fc from 'fast-check'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { Arriving } from '../../../../../test/support/arriving.ts'
import { hostileText } from '../../../../../test/support/hostile-text.ts'
import { hasCode, PublicError } from '../../event/error.ts'
import { FramedDecoder } from '../../format/framed-decode.ts'
import { html } from '../../html/template.ts'
import { compression } from '../../runtime/node/compress.ts'
import type { StreamSource } from './source.ts'
import { FORMATS, type StreamFormat } from './format.ts'
import type { StreamEnding } from './observer.ts'
import { streamResponse, type StreamOptions } from './response.ts'

const logged: unknown[] = []
const logger = { warn: () => undefined, error: (_message: string, { error }: Readonly<Record<string, unknown>>) => void logged.push(error) }
beforeEach(() => void logged.splice(0))
afterEach(() => void vi.useRealTimers())

const stream = (source: StreamSource, options: StreamOptions = {}): Promise<Response> => streamResponse(source, { logger, ...options })
const bytesOf = async (source: StreamSource, format: StreamFormat): Promise<Uint8Array> => new Uint8Array(await (await stream(source, { format })).arrayBuffer())
const textOf = async (source: StreamSource, format: StreamFormat): Promise<string> => new TextDecoder('utf-8', { ignoreBOM: true }).decode(await bytesOf(source, format))

function events(text: string): EventSourceMessage[] {
  const found: EventSourceMessage[] = []
  createParser({ onEvent: (event) => found.push(event) }).feed(text)
  return found
}

/** A source whose end can be seen, in whatever way it comes. */
class Watched {
  pulled = 0
  readonly endings: StreamEnding[] = []
  readonly closed: Promise<void>
  #close: () => void = () => undefined

  constructor() {
    this.closed = new Promise((resolve) => (this.#close = resolve))
  }

  readonly options: StreamOptions = { observers: [{ ended: (ending) => this.endings.push(ending) }] };

  async *values<T>(...values: readonly (T | Promise<T> | Error)[]): AsyncGenerator<T> {
    try {
      for (const value of values) {
        this.pulled += 1
        if (value instanceof Error) throw value
        yield await value
      }
    } finally {
      this.#close()
    }
  }

  async over(): Promise<StreamEnding> {
    await this.closed
    await vi.waitFor(() => expect(this.endings).toHaveLength(1))
    return this.endings[0]!
  }
}

const never = new Promise<string>(() => undefined)

test('what a value says in each format', async () => {
  const values = ['a\nb', { a: 1 }, Uint8Array.of(65, 66), html`<b>${'<'}</b>`, 7, null, 12n, { type: 'delta', text: 'said' }, undefined]
  expect(await textOf(values, 'sse')).toBe(
    'data: a\ndata: b\n\ndata: {"a":1}\n\ndata: {"type":"bytes","base64":"QUI="}\n\ndata: <b>&lt;</b>\n\ndata: 7\n\ndata: null\n\ndata: 12\n\ndata: {"type":"delta","text":"said"}\n\n')
  expect(await textOf(values, 'ndjson')).toBe('"a\\nb"\n{"a":1}\n{"type":"bytes","base64":"QUI="}\n"<b>&lt;</b>"\n7\nnull\n"12"\n{"type":"delta","text":"said"}\n')
  expect(JSON.parse(await textOf(values, 'json'))).toEqual(['a\nb', { a: 1 }, { type: 'bytes', base64: 'QUI=' }, '<b>&lt;</b>', 7, null, '12', { type: 'delta', text: 'said' }])
  expect(await textOf(values, 'text')).toBe('a\nb{"a":1}\nAB<b>&lt;</b>7null12said')
  expect(await textOf(values, 'binary')).toBe('a\nb{"a":1}\nAB<b>&lt;</b>7null12said')
  const decoder = new FramedDecoder()
  expect(decoder.push(await bytesOf(values, 'framed')).map(({ data }) => data)).toEqual(['a\nb', { a: 1 }, Uint8Array.of(65, 66), '<b>&lt;</b>', 7, null, '12', { type: 'delta', text: 'said' }])
  expect(decoder.complete).toBe(true)
})

test.each([Uint8Array.of(1, 2, 3, 4).buffer, Uint16Array.of(0x0201, 0x0403), new DataView(Uint8Array.of(9, 1, 2, 3, 4).buffer, 1), Buffer.from([1, 2, 3, 4])])(
  'every kind of bytes is sent as its bytes: %o', async (value) => {
    const bytes = Uint8Array.of(1, 2, 3, 4)
    expect(await bytesOf([value], 'binary')).toEqual(bytes)
    expect(new FramedDecoder().push(await bytesOf([value], 'framed')).map(({ data }) => data)).toEqual([bytes])
    expect(JSON.parse(await textOf([value], 'json'))).toEqual([{ type: 'bytes', base64: 'AQIDBA==' }])
    expect(await textOf([{ data: value }], 'sse')).toBe('data: {"type":"bytes","base64":"AQIDBA=="}\n\n')
    expect((await stream([value])).headers.get('Content-Type')).toBe('application/octet-stream')
    expect(new Uint8Array(await (await stream(value as never)).arrayBuffer())).toEqual(bytes)
  })

test.each(Object.keys(FORMATS))('a Blob, whose bytes come later, cuts the stream instead of being lost: %s', async (format) => {
  await expect((await stream(['before', new Blob(['lost'])], { format: format as StreamFormat })).text()).rejects.toThrow()
  expect(logged).toEqual([expect.toSatisfy((error: unknown) => hasCode(error, 'invalid_event'))])
})

test.each([undefined, null, 7, {}, () => undefined])('what gives no values is refused as a source: %o', async (source) => {
  await expect(stream(source as never)).rejects.toThrow(expect.toSatisfy((error: unknown) => hasCode(error, 'invalid_request')) as Error)
})

test('a format that is none is refused', async () => {
  await expect(stream(['x'], { format: 'websocket' as never })).rejects.toThrow(expect.toSatisfy((error: unknown) => hasCode(error, 'invalid_request')) as Error)
})

test('an object of id, event and data is an event in these words; with any other field it is data', async () => {
  const [one, other] = events(await textOf([{ id: 3, event: 'update', data: { n: 1 } }, { id: 4, data: 'x', progress: 10 }], 'sse'))
  expect(one).toEqual({ id: '3', event: 'update', data: '{"n":1}' })
  expect(other).toEqual({ id: undefined, event: undefined, data: '{"id":4,"data":"x","progress":10}' })
})

test.each([{ id: 'a\nb', data: 1 }, { event: 'a\rb', data: 1 }, { event: 1, data: 1 }, { id: {}, data: 1 }, Symbol('x'), () => 1, Object.assign([], { toJSON: () => undefined })])(
  'what would forge a field, or has no JSON, cuts the stream: %o', async (value) => {
    await expect((await stream(['before', value], { format: 'sse' })).text()).rejects.toThrow()
    expect(logged).toEqual([expect.toSatisfy((error: unknown) => hasCode(error, 'invalid_event'))])
  })

test('any text, in any field, arrives as it is and forges nothing', async () => {
  await fc.assert(fc.asyncProperty(fc.array(fc.oneof(hostileText, fc.dictionary(hostileText, hostileText)), { maxLength: 4 }), async (values) => {
    const read = values.map((value) => JSON.parse(JSON.stringify(value)) as unknown)
    expect(JSON.parse(await textOf(values, 'json'))).toEqual(read)
    expect((await textOf(values, 'ndjson')).split('\n').slice(0, -1).map((line) => JSON.parse(line) as unknown)).toEqual(read)
    expect(new FramedDecoder().push(await bytesOf(values, 'framed')).map(({ data }) => data)).toEqual(read)
    const said = values.map((value) => (typeof value === 'string' ? value.toWellFormed().replaceAll(/\r\n|\r/g, '\n') : JSON.stringify(value)))
    expect(events(await textOf(values, 'sse')).map(({ data }) => data)).toEqual(said)
    expect(await textOf(values.filter((value) => typeof value === 'string'), 'text')).toBe(values.filter((value) => typeof value === 'string').map((value) => value.toWellFormed()).join(''))
  }), { numRuns: 60 })
})

test('the type is the format’s, else what the request accepts, else what fits the first value', async () => {
  const typeOf = async (source: StreamSource, options?: StreamOptions): Promise<string | null> => {
    const response = await stream(source, options)
    await response.text()
    return response.headers.get('Content-Type')
  }
  const asking = (Accept: string): StreamOptions => ({ request: new Request('http://localhost', { headers: { Accept } }) })
  expect(await typeOf(['x'], { format: 'json', ...asking('text/plain') })).toBe('application/json')
  expect(await typeOf(['x'], asking('application/json;q=0.5, text/event-stream'))).toBe('text/event-stream')
  expect(await typeOf([{}], asking('text/html, */*;q=0.1'))).toBe('application/x-ndjson')
  expect(await typeOf([Uint8Array.of(1)])).toBe('application/octet-stream')
  expect(await typeOf(['x'])).toBe('text/plain; charset=utf-8')
  expect(await typeOf([])).toBe('text/plain; charset=utf-8')
  expect(await typeOf([html`<p>x</p>`])).toBe('text/event-stream')
  expect(await typeOf(['<p>'], { format: 'text', contentType: 'text/csv' })).toBe('text/csv')
  const watched = new Watched()
  await expect(stream(watched.values('x'), { ...asking('image/png'), ...watched.options })).rejects.toThrow(expect.toSatisfy((error: unknown) => hasCode(error, 'not_acceptable')) as Error)
})

test('of a stream that its reader’s coding refuses the end is told once', async () => {
  for (const format of ['text', undefined] as const) {
    const watched = new Watched()
    const request = new Request('http://localhost', { headers: { 'Accept-Encoding': 'identity;q=0' } })
    await expect(stream(watched.values('x'), { ...watched.options, ...(format && { format }), request, compress: [] })).rejects.toMatchObject({ code: 'not_acceptable' })
    await vi.waitUntil(() => watched.endings.length > 0)
    expect(watched.endings).toEqual([{ status: 'cancelled' }])
  }
})

test('a source may be a string, bytes, a list of promises, a generator, a stream, or a call that gives one', async () => {
  const chunks = (): ReadableStream<string> => new ReadableStream({
    start(controller) {
      for (const chunk of ['a', 'b']) controller.enqueue(chunk)
      controller.close()
    },
  })
  const sources: StreamSource[] = ['ab', new TextEncoder().encode('ab'), [Promise.resolve('a'), 'b'], new Watched().values('a', 'b'), chunks(), () => 'ab', () => Promise.resolve(chunks())]
  for (const source of sources) expect(await textOf(source, 'text')).toBe('ab')
})

test.each([0, 100])('a source is pulled only as its reader drains, and at most the buffer ahead: %i bytes', async (bufferSize) => {
  const watched = new Watched()
  const arriving = new Arriving(await stream(watched.values(...Array.from({ length: 200 }, (_, n) => `value ${String(n).padStart(3, '0')};`)), { format: 'text', bufferSize }))
  expect(watched.pulled).toBe(0)
  await arriving.until('000')
  await new Promise((resolve) => setImmediate(resolve))
  // Ten bytes a value; one may be under way.
  expect(watched.pulled).toBeLessThanOrEqual(2 + bufferSize / 10)
  expect(watched.pulled).toBeGreaterThanOrEqual(1 + bufferSize / 10)
  await arriving.toEnd()
  expect(arriving.text).toMatch(/value 199;$/)
})

test('a heartbeat comes while the source is silent, and the value under way is not lost', async () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
  let say: (text: string) => void = () => undefined
  const late = new Promise<string>((resolve) => (say = resolve))
  const arriving = new Arriving(await stream(new Watched().values('first', late, 'last'), { format: 'sse', heartbeat: 2_000 }))
  await arriving.until('first')
  const beat = arriving.until(':\n\n')
  await vi.advanceTimersByTimeAsync(2_000)
  await beat
  say('late')
  await arriving.toEnd()
  expect(arriving.text).toBe('data: first\n\n:\n\ndata: late\n\ndata: last\n\n')
})

test('the source is closed when it has ended, failed, or its reader has left; each is told once', async () => {
  const done = new Watched()
  await (await stream(done.values('x'), { format: 'text', ...done.options })).text()
  expect(await done.over()).toEqual({ status: 'completed' })

  const failed = new Watched()
  const error = new Error('a secret')
  await expect((await stream(failed.values('x', error), { format: 'text', ...failed.options })).text()).rejects.toThrow('cut')
  expect(await failed.over()).toEqual({ status: 'failed', error })

  const left = new Watched()
  const arriving = new Arriving(await stream(left.values('x', 'y', 'z'), { format: 'text', bufferSize: 0, ...left.options }))
  await arriving.until('x')
  await arriving.leave()
  expect(await left.over()).toEqual({ status: 'cancelled' })
})

test('a source that waits is told by its signal that its reader has left, or that the time is over', async () => {
  const waiting = async function* ({ signal }: { readonly signal: AbortSignal }): AsyncGenerator<string> {
    yield 'x'
    await new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(new Error('aborted'))))
  }
  const left = new Watched()
  const arriving = new Arriving(await stream(waiting, { format: 'text', ...left.options }))
  await arriving.until('x')
  await arriving.leave()
  await vi.waitFor(() => expect(left.endings).toEqual([{ status: 'cancelled' }]))

  const late = new Watched()
  await expect((await stream(waiting, { format: 'text', timeLimit: 20, ...late.options })).text()).rejects.toThrow('cut')
  await vi.waitFor(() => expect(late.endings).toEqual([{ status: 'failed', error: expect.any(PublicError) as unknown }]))
})

test.each([0, -1, NaN, Infinity, '1000'])('a time limit that is none is refused before the source is asked: %o', async (limit) => {
  const watched = new Watched()
  const options = { ...watched.options, timeLimit: limit as number }
  await expect(stream(watched.values('x'), options)).rejects.toMatchObject({ code: 'invalid_request', message: expect.stringContaining('timeLimit') as string })
  expect(watched.pulled).toBe(0)
})

test('a time limit beyond what a timer can wait does not cut the stream at once', async () => {
  async function* slow(): AsyncGenerator<string> {
    yield 'a'
    // Node makes 1 ms of what is too long for it, and lets timers of one length go off in the order they were set.
    await new Promise((resolve) => setTimeout(resolve, 1))
    yield 'b'
  }
  expect(await (await stream(slow, { format: 'text', timeLimit: 2 ** 31 })).text()).toBe('ab')
})

test('who has left before the body is taken up leaves nothing behind', async () => {
  const watched = new Watched()
  const leaving = new AbortController()
  const values = watched.values('x', never)
  await stream(values, { request: new Request('http://localhost', { signal: leaving.signal }), ...watched.options })
  leaving.abort()
  await vi.waitFor(() => expect(watched.endings).toEqual([{ status: 'cancelled' }]))
  await watched.closed
})

test.each<[StreamFormat, string]>([['sse', 'event: error\ndata: {"type":"error","error":{"code":"quota","message":"Enough."}}\n\n'], ['ndjson', '{"type":"error","error":{"code":"quota","message":"Enough."}}\n'], ['json', ''], ['text', '']])(
  'an error is told only if it is public and a program can tell it from data, and the body is cut: %s', async (format, told) => {
    for (const [error, words] of [[new PublicError('quota', 'Enough.'), told], [new Error('a secret'), '']] as const) {
      const arriving = new Arriving(await stream(new Watched().values(...(format === 'text' ? ['x'] : [{ n: 1 }]), error), { format }))
      await expect(arriving.toEnd()).rejects.toThrow('cut')
      const said = { sse: 'data: {"n":1}\n\n', ndjson: '{"n":1}\n', json: '[{"n":1}', text: 'x' }[format as 'sse']
      expect(arriving.text).toBe(said + words)
      expect(logged.pop()).toBe(error)
    }
  })

test('a stream is compressed as its request accepts, each value as it comes, and cut where it fails', async () => {
  const watched = new Watched()
  const request = new Request('http://localhost', { headers: { 'Accept-Encoding': 'gzip' } })
  const response = await stream(watched.values('one', never), { request, compress: compression, format: 'text' })
  expect(response.headers.get('Content-Encoding')).toBe('gzip')
  const unpacked = new Arriving(new Response(response.body!.pipeThrough(new DecompressionStream('gzip'))))
  await unpacked.until('one')
  const failing = await stream(new Watched().values('one', new Error('a secret')), { request, compress: compression, format: 'text' })
  await expect(failing.arrayBuffer()).rejects.toThrow('cut')
})

test('a stream without a log is as private and unbuffered as that of a run', async () => {
  const { headers } = await stream('x')
  expect(headers.get('Cache-Control')).toBe('private, no-store, no-transform')
  expect(headers.get('X-Accel-Buffering')).toBe('no')
  expect(headers.get('X-Content-Type-Options')).toBe('nosniff')
})

test('an observer that fails at the end keeps no other one from its own, and is logged', async () => {
  const told: StreamEnding[] = []
  const error = vi.fn()
  const failing = { ended: () => { throw new Error('no room') } }
  const logger = { debug: () => undefined, info: () => undefined, warn: () => undefined, error }
  const response = await streamResponse(['x'], { format: 'text', logger, observers: [failing, { ended: (ending) => told.push(ending) }] })
  await response.text()
  await vi.waitFor(() => expect(told).toEqual([{ status: 'completed' }]))
  expect(error).toHaveBeenCalledOnce()
})
