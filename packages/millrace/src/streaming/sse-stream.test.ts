import { expect, test, vi } from 'vitest'
import { PublicError } from '../event/error.ts'
import { html } from '../html/template.ts'
import { compression } from '../runtime/node/compress.ts'
import { createSseStream } from './sse-stream.ts'

const quiet = { logger: { warn: () => undefined, error: () => undefined } }
const silent = { ...quiet, initialMessage: null, closeMessage: null }

async function* messages(count: number): AsyncGenerator<string> {
  for (let n = 0; n < count; n += 1) yield `message_${String(n)}`
}

async function all(stream: AsyncIterable<string>): Promise<string[]> {
  const said: string[] = []
  for await (const message of stream) said.push(message)
  return said
}

test('the defaults, and each of them overridden', () => {
  expect(createSseStream().config).toMatchObject({
    heartbeat: 30_000, timeLimit: null, initialMessage: 'Connected', closeMessage: 'Connection closed', debug: false,
  })
  const custom = { heartbeat: 15_000, timeLimit: 60_000, initialMessage: 'Started', closeMessage: 'Ended', debug: true }
  expect(createSseStream(custom).config).toMatchObject(custom)
  expect(createSseStream({ closeMessage: undefined } as never).config.closeMessage).toBe('Connection closed')
})

test('what a generator gives stands between the first message and the last', async () => {
  const sse = createSseStream()
  expect([sse.active, sse.messageCount]).toEqual([false, 0])
  const said: string[] = []
  for await (const message of sse.stream(messages(3))) {
    said.push(message)
    if (said.length === 2) expect(sse.active).toBe(true)
  }
  expect(said).toEqual([': Connected\n\n', 'data: message_0\n\n', 'data: message_1\n\n', 'data: message_2\n\n', ': Connection closed\n\n'])
  expect(sse.messageCount).toBe(3)
  await vi.waitFor(() => expect(sse.active).toBe(false))
})

test('a transform, sync or async, says what is sent; `undefined` sends nothing', async () => {
  const double = (value: number): object => ({ value: value * 2, original: value })
  const sse = createSseStream(silent)
  expect(await all(sse.stream([0, 1], double))).toEqual(['data: {"value":0,"original":0}\n\n', 'data: {"value":2,"original":1}\n\n'])
  const odd = async (value: number): Promise<number | undefined> => (value % 2 === 1 ? value : undefined)
  expect(await all(sse.stream(() => [0, 1, 2, 3], odd))).toEqual(['data: 1\n\n', 'data: 3\n\n'])
  expect(sse.messageCount).toBe(4)
})

test('a string, an object, an element and anything else are each written in their own way', async () => {
  const said = await all(createSseStream(silent).stream(['two\nlines', { a: 1 }, html`<p>${'&'}</p>`, [1, 2], 12n]))
  expect(said).toEqual(['data: two\ndata: lines\n\n', 'data: {"a":1}\n\n', 'data: <p>&amp;</p>\n\n', 'data: [1,2]\n\n', 'data: 12\n\n'])
})

test('stop ends what is streamed, with the last message, and tells the source', async () => {
  const sse = createSseStream()
  let aborted = false
  const stream = sse.stream(async function* ({ signal }) {
    signal.addEventListener('abort', () => (aborted = true))
    yield 'x'
    await new Promise(() => undefined)
  })
  const said: string[] = []
  for await (const message of stream) {
    said.push(message)
    if (message === 'data: x\n\n') setImmediate(() => sse.stop())
  }
  expect(said.at(-1)).toBe(': Connection closed\n\n')
  expect(sse.active).toBe(false)
  expect(aborted).toBe(true)
})

test('no message forges another', async () => {
  const sse = createSseStream({ ...quiet, initialMessage: 'a\n\ndata: x', closeMessage: null })
  expect(await all(sse.stream(['\rdata: y\n\nid: 1']))).toEqual([': a\n: \n: data: x\n\n', 'data: \ndata: data: y\ndata: \ndata: id: 1\n\n'])
})

test.each([[false, ''], [true, ': error internal: Something went wrong here.\n\n']])(
  'an error is thrown here after the last message, and told only in debug (%s) without its text', async (debug, told) => {
    const error = new Error('a secret')
    const said: string[] = []
    const stream = createSseStream({ ...quiet, debug }).stream(async function* () {
      yield 'x'
      throw error
    })
    await expect((async () => {
      for await (const message of stream) said.push(message)
    })()).rejects.toBe(error)
    expect(said.join('')).toBe(`: Connected\n\ndata: x\n\n${told}: Connection closed\n\n`)
  })

test('in debug, a public error is told in its own words', async () => {
  const response = createSseStream({ ...quiet, debug: true }).response(async function* () {
    yield 1
    throw new PublicError('quota', 'Enough.')
  })
  expect(response.headers.get('Content-Type')).toBe('text/event-stream')
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader()
  const said: string[] = []
  await expect((async () => {
    for (let read = await reader.read(); !read.done; read = await reader.read()) said.push(read.value)
  })()).rejects.toThrow('cut')
  expect(said.join('')).toBe(': Connected\n\ndata: 1\n\n: error quota: Enough.\n\n: Connection closed\n\n')
})

test('who breaks out of the loop closes the source', async () => {
  let closed = false
  const sse = createSseStream(quiet)
  const source = async function* (): AsyncGenerator<number> {
    try {
      for (let n = 0; ; n += 1) yield n
    } finally {
      closed = true
    }
  }
  for await (const message of sse.stream(source)) if (message === 'data: 2\n\n') break
  await vi.waitFor(() => expect([closed, sse.active]).toEqual([true, false]))
})

test('a response is compressed where its request takes it, and its end closes the source', async () => {
  const request = new Request('http://x/', { headers: { 'Accept-Encoding': 'gzip' } })
  const response = createSseStream({ ...silent, compress: compression }).response(messages(3), undefined, request)
  expect([response.headers.get('Content-Encoding'), response.headers.get('Vary')]).toEqual(['gzip', 'Accept-Encoding'])
  const text = await new Response(response.body!.pipeThrough(new DecompressionStream('gzip'))).text()
  expect(text).toBe('data: message_0\n\ndata: message_1\n\ndata: message_2\n\n')
})
