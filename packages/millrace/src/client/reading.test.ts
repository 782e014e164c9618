import { describe, expect, test } from 'vitest'
import type { Entry } from '../event/run-event.ts'
import { batches, follow, type FollowOptions } from './follow.ts'
import { defaultHost, type Wake } from './host.ts'

const LOG: readonly Entry[] = [
  { type: 'start', run: 'r', kind: 'k', offset: 1 },
  ...['a', 'b', 'c'].map((text, i): Entry => ({ type: 'delta', block: 0, kind: 'text', nth: 0, text, offset: i + 2 })),
  { type: 'end', status: 'completed', offset: 5 },
]

/** The frames of the entries after `from` up to `to`. */
function frames(from: number, to = LOG.length): Uint8Array {
  const parts = LOG.slice(from, to).map(({ offset, ...event }) => `id: e-${String(offset)}\ndata: ${JSON.stringify(event)}\n\n`)
  return new TextEncoder().encode(parts.join(''))
}

/** Answers whose bytes come when the test says, which no server can promise; they break when they are aborted. */
class Answers {
  readonly after: (string | null)[] = []
  readonly bodies: ReadableStreamDefaultController<Uint8Array>[] = []
  readonly signals: AbortSignal[] = []
  /** Bodies of which a read waits, or waited. */
  readonly #asked = new Set<ReadableStreamDefaultController<Uint8Array>>()
  wake: (why: Wake) => void = () => {}
  readonly options: FollowOptions

  constructor(more: FollowOptions = {}) {
    const onWake = (listener: (why: Wake) => void): void => void (this.wake = listener)
    const fetch = (_url: string, init: RequestInit): Promise<Response> => Promise.resolve(this.#answer(init))
    this.options = { ...more, host: { ...defaultHost, random: () => 0, fetch, onWake } }
  }

  #answer({ headers, signal }: RequestInit): Response {
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => {
        this.bodies.push(controller)
        signal?.addEventListener('abort', () => controller.error(signal.reason))
      },
      pull: (controller) => void this.#asked.add(controller),
    }, { highWaterMark: 0 })
    if (signal) this.signals.push(signal)
    this.after.push(new Headers(headers).get('last-event-id'))
    return new Response(body, { headers: { 'content-type': 'text/event-stream' } })
  }

  /** The body of the answer to the `nth` request, once it was asked for. */
  async body(nth: number): Promise<ReadableStreamDefaultController<Uint8Array>> {
    await expect.poll(() => this.bodies.length, { interval: 1 }).toBeGreaterThan(nth)
    return this.bodies[nth] as ReadableStreamDefaultController<Uint8Array>
  }

  /** The same, once a read of it waits: what is enqueued is that read's at once. */
  async awaited(nth: number): Promise<ReadableStreamDefaultController<Uint8Array>> {
    const body = await this.body(nth)
    await expect.poll(() => this.#asked.has(body), { interval: 1 }).toBe(true)
    return body
  }
}

const DONE = { done: true, value: undefined }
const given = (offset: number): object => ({ done: false, value: LOG[offset - 1] })

async function rest(source: AsyncIterator<Entry, undefined>): Promise<Entry[]> {
  const entries: Entry[] = []
  for (let turn = await source.next(); turn.done !== true; turn = await source.next()) entries.push(turn.value)
  return entries
}

describe('asked again before it answered', () => {
  test('every next() is answered in its turn', async () => {
    const answers = new Answers()
    const source = follow('http://x/', answers.options)
    const order: number[] = []
    const turns = [1, 2, 3, 4, 5, 6, 7].map(async (nth) => {
      const turn = await source.next()
      order.push(nth)
      return turn
    })
    const body = await answers.body(0)
    body.enqueue(frames(0, 2))
    expect(await Promise.all(turns.slice(0, 2))).toEqual([given(1), given(2)])
    body.enqueue(frames(2, 3))
    body.enqueue(frames(3))
    expect(await Promise.all(turns.slice(2))).toEqual([given(3), given(4), given(5), DONE, DONE])
    expect(order).toEqual([1, 2, 3, 4, 5, 6, 7])
  })

  test('a failure answers the first, and the others are done', async () => {
    const answers = new Answers()
    const source = follow('http://x/', answers.options)
    const turns = Promise.allSettled([source.next(), source.next(), source.next(), source.next()])
    const gone = new TextEncoder().encode('data: {"type":"gone"}\n\n')
    ;(await answers.body(0)).enqueue(Buffer.concat([frames(0, 1), gone]))
    const [first, second, ...others] = await turns
    expect(first).toMatchObject({ value: given(1) })
    expect(second).toMatchObject({ status: 'rejected', reason: { code: 'gone' } })
    expect(others).toMatchObject([{ value: DONE }, { value: DONE }])
  })

  test('who asks after a failure is told that it is over', async () => {
    const answers = new Answers({ after: 'e-1' })
    const source = batches('http://x/', answers.options)
    const turn = source.next()
    ;(await answers.body(0)).enqueue(new TextEncoder().encode('data: {"type":"reset"}\n\n'))
    await expect(turn).rejects.toMatchObject({ code: 'reset' })
    expect(await source.next()).toEqual(DONE)
    expect(answers.after).toEqual(['e-1'])
  })
})

describe('a connection that is replaced', () => {
  test('between the bytes and their reader loses no entry, and repeats none', async () => {
    const answers = new Answers()
    const source = follow('http://x/', answers.options)
    const first = source.next()
    const body = await answers.awaited(0)
    // The read has its bytes, and whoever awaits it has not gone on yet.
    body.enqueue(frames(0, 3))
    answers.wake('online')
    ;(await answers.body(1)).enqueue(frames(0))
    expect(await first).toEqual(given(1))
    expect(await rest(source)).toEqual(LOG.slice(1))
    expect(answers.after).toEqual([null, null])
  })

  test('between two entries that came together does so neither', async () => {
    const answers = new Answers()
    const source = follow('http://x/', answers.options)
    const first = source.next()
    ;(await answers.body(0)).enqueue(frames(0, 3))
    expect(await first).toEqual(given(1))
    answers.wake('online')
    ;(await answers.body(1)).enqueue(frames(3))
    expect(await rest(source)).toEqual(LOG.slice(1))
    expect(answers.after).toEqual([null, 'e-3'])
  })
})

describe('leaving', () => {
  test('return() between two entries that came together lets go of the connection and of the second', async () => {
    const answers = new Answers()
    const source = follow('http://x/', answers.options)
    const first = source.next()
    ;(await answers.body(0)).enqueue(frames(0, 3))
    await first
    expect(await source.return?.()).toEqual(DONE)
    expect(answers.signals.map(({ aborted }) => aborted)).toEqual([true])
    expect(await source.next()).toEqual(DONE)
    answers.wake('online')
    expect(answers.signals).toHaveLength(1)
  })

  test('an abort while it reads is thrown once, and lets go of the connection', async () => {
    const stop = new AbortController()
    const answers = new Answers({ signal: stop.signal })
    const source = batches('http://x/', answers.options)
    const turns = Promise.allSettled([source.next(), source.next()])
    await answers.body(0)
    stop.abort(new Error('enough'))
    expect(await turns).toMatchObject([{ status: 'rejected', reason: { message: 'enough' } }, { value: DONE }])
    expect(await source.next()).toEqual(DONE)
    expect(answers.signals.map(({ aborted }) => aborted)).toEqual([true])
  })

  test('an abort before it began asks nothing', async () => {
    const answers = new Answers({ signal: AbortSignal.abort(new Error('enough')) })
    await expect(batches('http://x/', answers.options).next()).rejects.toThrow('enough')
    expect(answers.signals).toEqual([])
  })

  test('an abort after the end, or after return(), is nothing', async () => {
    const stop = new AbortController()
    const answers = new Answers({ signal: stop.signal })
    const [ended, left] = [follow('http://x/', answers.options), follow('http://x/', answers.options)]
    const first = ended.next()
    ;(await answers.body(0)).enqueue(frames(0))
    await first
    await left.return?.()
    stop.abort()
    expect(await rest(ended)).toEqual(LOG.slice(1))
    expect(await left.next()).toEqual(DONE)
  })

  test('who leaves when the connection first tells of itself is not kept waiting', async () => {
    const answers = new Answers()
    const source = batches('http://x/', answers.options, () => void source.return?.())
    expect(await source.next()).toEqual(DONE)
  })
})
