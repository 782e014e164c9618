// What readers cost, counted: the machine does not matter here.
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { testApp, type TestApp } from '../../../../test/support/app.ts'
import { Log } from '../../../../test/support/log.ts'
import { promisesIn } from '../../../../test/support/promises.ts'
import type { Chunk } from '../format/bytes.ts'
import { takeStream } from './body.ts'
import type { Sink } from './sink.ts'

const SSE = 'text/event-stream'

let server: TestApp
let log: Log

beforeEach(async () => {
  server = testApp({ limits: { streams: 10_000 } })
  log = await Log.begin(server.store)
})

afterEach(async () => {
  vi.restoreAllMocks()
  await server.app.close()
})

/** Takes whatever it is given. */
class Taking implements Sink {
  readonly chunks: Chunk[] = []

  write(chunk: Chunk): boolean {
    this.chunks.push(chunk)
    return true
  }

  end(): void {}

  reset(): void {}
}

/** Readers at the tail, as a bridge has them that writes to its own sockets. */
async function readers(count: number, accept = SSE, query = ''): Promise<Taking[]> {
  return Promise.all(Array.from({ length: count }, async () => {
    const sink = new Taking()
    const stream = takeStream(await server.ask(`/runs/${log.run}${query}`, { headers: { Accept: accept } }))
    if (!stream) throw new Error('no stream')
    stream.open(sink)
    return sink
  }))
}

/** A turn of the event loop: whatever was waiting at its end is done. */
async function turn(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve))
}

test('a thousand idle readers need no timer that the first one did not', async () => {
  await readers(1)
  await turn()
  const timers = [vi.spyOn(globalThis, 'setTimeout'), vi.spyOn(globalThis, 'setInterval')]
  await readers(1_000)
  await turn()
  for (const timer of timers) expect(timer).not.toHaveBeenCalled()
})

test('a batch costs each reader at the tail one write of the same chunk, and not one promise', async () => {
  const saidTo = (all: Awaited<ReturnType<typeof readers>>): Promise<number> => promisesIn(async () => {
    const before = all.map(({ chunks }) => chunks.length)
    await log.say('to all ')
    expect(all.map(({ chunks }, reader) => chunks.length - before[reader]!)).toEqual(all.map(() => 1))
    expect(new Set(all.map(({ chunks }) => chunks.at(-1))).size).toBe(1)
  })
  const first = await readers(1)
  await log.say('to warm up ')
  await turn()
  const alone = await saidTo(first)
  const all = [...first, ...await readers(1_000)]
  await turn()
  const together = await saidTo(all)
  expect(together).toBeLessThanOrEqual(alone)
})

/** Bytes around the text of a token with an offset of four digits. A number that grows is paid by every reader for every token. */
const AROUND: readonly (readonly [string, string, number])[] = [
  ['millrace', 'application/vnd.millrace.frames', 77],
  ['millrace', 'application/x-ndjson', 84],
  ['millrace', SSE, 84],
  ['millrace', 'text/plain', 0],
  ['chunk', SSE, 59],
  ['ag-ui', SSE, 109],
  ['anthropic', SSE, 133],
  ['openai', SSE, 205],
  ['openai-responses', SSE, 223],
]

test('the bytes around a token’s text are as few as they were, in each format and dialect', async () => {
  for (let n = 0; n < 1_000; n += 1) await log.say('word ')
  const opened = await Promise.all(AROUND.map(([dialect, accept]) => readers(1, accept, `?dialect=${dialect}`)))
  const all = opened.flat()
  await vi.waitUntil(() => all.every(({ chunks }) => chunks.length > 0))
  await turn()
  await log.say('word ')
  const found = AROUND.map(([dialect, accept], at) => [dialect, accept, all[at]!.chunks.at(-1)!.body.length - 'word '.length])
  expect(found).toEqual(AROUND)
})
