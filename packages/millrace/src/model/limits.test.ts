import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { checkLimits, limited, type Heard, type ModelLimits } from './limits.ts'

beforeEach(() => { vi.useFakeTimers() })
afterEach(() => { vi.useRealTimers() })

const never = new AbortController().signal

/** A model that says a word each `pause` ms and, where it listens, stops when it is told to. */
class Talker {
  said = 0
  closed = 0
  told: AbortSignal = never
  heeds = true
  size = 1

  readonly #pause: number
  constructor(pause: number) {
    this.#pause = pause
  }

  readonly ask = async function* (this: Talker, signal: AbortSignal): AsyncGenerator<Heard, void, undefined> {
    this.told = signal
    try {
      for (;;) {
        await new Promise<void>((resolve, reject) => {
          setTimeout(resolve, this.#pause)
          if (this.heeds) signal.onabort = () => reject(new Error('the vendor’s own'))
        })
        this.said += 1
        yield { said: ['word'], size: this.size }
      }
    } finally {
      this.closed += 1
    }
  }.bind(this)
}

/** How an answer ends, and how many words of it were heard. */
async function endOf(talker: Talker, limits: ModelLimits, signal = never): Promise<{ error: unknown; heard: number }> {
  let heard = 0
  const reading = (async () => {
    for await (const said of limited(talker.ask, signal, checkLimits(limits))) heard += Number(said === 'word')
  })().catch((error: unknown) => error)
  await vi.advanceTimersByTimeAsync(100_000)
  return { error: await reading, heard }
}

test('a model that does not begin is given up', async () => {
  const talker = new Talker(50_000)
  expect(await endOf(talker, { firstToken: 40_000 })).toMatchObject({ error: { code: 'model_limit' }, heard: 0 })
  expect(talker).toMatchObject({ said: 0, closed: 1 })
})

test('a model that falls silent is given up, also where it does not listen', async () => {
  const talker = new Talker(30_000)
  talker.heeds = false
  expect(await endOf(talker, { silence: 20_000 })).toMatchObject({ error: { code: 'model_limit' }, heard: 1 })
  // It talks once more, to nobody.
  expect(talker.said).toBe(2)
})

test('signs of life end no silence', async () => {
  const talker = new Talker(3_000)
  talker.size = 0
  expect(await endOf(talker, { firstToken: 10_000 })).toMatchObject({ error: { code: 'model_limit' }, heard: 3 })
  expect(talker.said).toBe(3)
})

test('the whole answer has a time', async () => {
  const talker = new Talker(1_000)
  expect(await endOf(talker, { total: 10_500 })).toMatchObject({ error: { code: 'model_limit' }, heard: 10 })
  expect(talker).toMatchObject({ said: 10, closed: 1 })
})

test('an answer has a size', async () => {
  const talker = new Talker(10)
  talker.size = 100
  expect(await endOf(talker, { bytes: 450 })).toMatchObject({ error: { code: 'model_limit' }, heard: 4 })
  expect(talker).toMatchObject({ said: 5, closed: 1 })
})

test('whoever takes his time over what was said lets no limit of silence pass', async () => {
  const talker = new Talker(10)
  const answer = limited(talker.ask, never, checkLimits({ silence: 20, firstToken: 20 }))
  for (let word = 0; word < 3; word += 1) {
    const next = answer.next()
    await vi.advanceTimersByTimeAsync(10)
    expect(await next).toEqual({ done: false, value: 'word' })
    await vi.advanceTimersByTimeAsync(1_000)
  }
  await answer.return()
  expect(talker.closed).toBe(1)
  expect(talker.told.aborted).toBe(true)
})

test('an abort reaches the model at once and is thrown as it was given', async () => {
  const talker = new Talker(1_000)
  const controller = new AbortController()
  const reason = new Error('enough')
  setTimeout(() => controller.abort(reason), 2_500)
  expect(await endOf(talker, {}, controller.signal)).toEqual({ error: reason, heard: 2 })
  expect(talker).toMatchObject({ said: 2, closed: 1 })
})

test('an abort before the question asks nothing', async () => {
  const talker = new Talker(10)
  expect(await endOf(talker, {}, AbortSignal.abort('no'))).toEqual({ error: 'no', heard: 0 })
  expect(talker).toMatchObject({ said: 0, closed: 0 })
})

test('a model that ends leaves no timer behind', async () => {
  const once = async function* (): AsyncGenerator<Heard, void, undefined> {
    yield await Promise.resolve({ said: ['done'], size: 4 })
  }
  const heard: unknown[] = []
  for await (const said of limited(once, never, checkLimits())) heard.push(said)
  expect(heard).toEqual(['done'])
  expect(vi.getTimerCount()).toBe(0)
})

test.each([{ bytes: 0 }, { total: -1 }, { silence: NaN }])('limits that could never work are refused: %o', (limits) => {
  expect(() => checkLimits(limits)).toThrow(expect.objectContaining({ code: 'invalid_request' }))
})
