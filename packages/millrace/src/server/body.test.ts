import { Hono } from 'hono'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { testApp, type TestApp } from '../../../../test/support/app.ts'
import { Log } from '../../../../test/support/log.ts'
import { anthropic } from '../dialect/anthropic.ts'
import type { Dialect } from '../dialect/dialect.ts'
import type { Chunk } from '../format/bytes.ts'
import { takeStream } from './body.ts'
import type { Sink } from './sink.ts'

let server: TestApp
let log: Log

beforeEach(async () => {
  server = testApp()
  log = await Log.begin(server.store)
})
afterEach(() => server.app.close())

const read = (query = '', app = server): Promise<Response> => app.ask(`/runs/${log.run}${query}`, { headers: { Accept: 'text/event-stream' } })

/** Always has room, and keeps what it is given. */
class Roomy implements Sink {
  readonly chunks: Chunk[] = []
  readonly over: Promise<void>
  #end: () => void = () => undefined

  constructor(response: Response) {
    this.over = new Promise((resolve) => (this.#end = resolve))
    takeStream(response)!.open(this)
  }

  write(chunk: Chunk): boolean {
    this.chunks.push(chunk)
    return true
  }

  end(): void {
    this.#end()
  }

  reset(): void {
    this.#end()
  }
}

test('the stream is found behind a response that was made again to change a header', async () => {
  const response = await read()
  const again = new Response(response.body, { headers: { ...Object.fromEntries(response.headers), 'X-More': 'yes' } })
  await log.end()
  const reader = new Roomy(again)
  await reader.over
  expect(Buffer.concat(reader.chunks.map(({ body }) => body)).toString()).toBe(await (await read()).text())
})

test('the stream is found behind what Hono makes of a response when a header is added', async () => {
  const hono = new Hono()
  hono.use(async (context, next) => {
    await next()
    context.header('X-More', 'yes')
  })
  hono.all('*', (context) => server.app.fetch(context.req.raw))
  await log.end()
  const response = await hono.request(`/runs/${log.run}`, { headers: { Accept: 'text/event-stream', 'X-User': 'ada' } })
  expect(response.headers.get('X-More')).toBe('yes')
  const reader = new Roomy(response)
  await reader.over
  expect(Buffer.concat(reader.chunks.map(({ body }) => body)).toString()).toBe(await (await read()).text())
})

test('no stream is found behind a body that somebody packed, copied, began or took', async () => {
  const [packed, copied, begun, taken] = await Promise.all([read(), read(), read(), read()])
  const copy = copied.clone()
  const reader = begun.body!.getReader()
  await reader.read()
  const locked = takeStream(begun)
  reader.releaseLock()
  const stream = takeStream(taken)
  const found = [takeStream(new Response(packed.body!.pipeThrough(new TransformStream()))), takeStream(copied), takeStream(copy), locked, takeStream(begun), takeStream(taken)]
  expect(found).toEqual([null, null, null, null, null, null])
  stream?.discard()
})

test('a body whose stream was taken is dead, and throwing it away harms nobody', async () => {
  const [one, other] = [await read(), await read()]
  const reader = new Roomy(one)
  const second = new Roomy(other)
  await other.body!.cancel()
  await log.say('one ')
  await expect(one.text()).rejects.toThrow(TypeError)
  await log.end()
  await Promise.all([reader.over, second.over])
  const text = Buffer.concat(second.chunks.map(({ body }) => body)).toString()
  expect(text).toContain('"status":"completed"')
})

test('a Web body is given exactly what is said, whole arrays and nothing beside them', async () => {
  await log.end()
  const reader = (await read()).body!.getReader()
  let text = ''
  for (let result = await reader.read(); !result.done; result = await reader.read()) text += Buffer.from(result.value).toString('latin1')
  expect(text).not.toContain('\r')
  expect(text).toMatch(/^id: [^]*"completed"}\n\n$/)
})

test('who reads ahead of what is said gets it all', async () => {
  const reader = (await read()).body!.getReader()
  await reader.read()
  for (let round = 0; round < 3; round += 1) {
    const ahead = [reader.read(), reader.read(), reader.read()]
    for (const word of ['a ', 'b ', 'c ']) await log.say(`${word}${String(round)}`)
    const texts = (await Promise.all(ahead)).map(({ value }) => Buffer.from(value!).toString())
    expect(texts.map((text) => /"text":"(\w)/.exec(text)?.[1])).toEqual(['a', 'b', 'c'])
  }
  await reader.cancel()
})

test('a batch is encoded once for all who read it live, and once for all who read it late', async () => {
  const steps: number[] = []
  const counted: Dialect = { ...anthropic, name: 'counted', step: (outline, entry) => {
    steps.push(entry.offset)
    return anthropic.step!(outline, entry)
  } }
  await using app = testApp({ store: server.store, routes: { '/counted': { kind: 'answer', dialect: counted, input: () => null } } })
  const live = await Promise.all(Array.from({ length: 10 }, async () => new Roomy(await read('?dialect=counted', app))))
  for (const word of ['one ', 'two ', 'three ']) await log.say(word)
  const late = await Promise.all(Array.from({ length: 10 }, async () => new Roomy(await read('?dialect=counted', app))))
  await log.end()
  await Promise.all([...live, ...late].map((reader) => reader.over))
  for (const offset of steps) expect(steps.filter((each) => each === offset).length).toBeLessThanOrEqual(2)
  const last = live[0]!.chunks.at(-1)
  for (const reader of [...live, ...late]) expect(reader.chunks.at(-1)).toBe(last)
})
