import { afterEach, expect, test, vi } from 'vitest'
import { promisesIn } from '../../../../test/support/promises.ts'
import { memory } from '../store/memory.ts'
import type { Store } from '../store/store.ts'
import { start } from '../store/testing/fixtures.ts'
import { Producer } from './producer.ts'
import { Worker } from './worker.ts'

// What a thousand live runs may cost, counted: the machine does not matter here.

const RUNS = 1_000
const TOKENS = 20
const policy = { retention: 60_000, tombstone: 60_000 }

afterEach(() => vi.restoreAllMocks())

function counting(store: Store): { readonly store: Store; readonly appends: () => number } {
  const append = vi.fn(store.append.bind(store))
  return {
    store: new Proxy(store, {
      get: (target, name: keyof Store) => (name === 'append' ? append : (target[name].bind(target) as unknown)),
    }),
    appends: () => append.mock.calls.length,
  }
}

function workerOf(store: Store, run: () => AsyncGenerator<string, void>, lease = 60_000): Worker {
  return new Worker({ store, runs: { answer: { run } }, lease, grace: 1_000, policy, maxEntry: 1_000_000, outcome: () => Promise.reject(new Error('nobody asks')), observe: () => undefined, logger: console })
}

test('a thousand live runs share one timer, and renew their leases with one write each', async () => {
  let open = (): void => undefined
  const opened = new Promise<void>((resolve) => (open = resolve))
  const { store, appends } = counting(memory())
  const timers = (): number => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length
  const intervals = vi.spyOn(globalThis, 'setInterval')
  const before = timers()
  const worker = workerOf(store, async function* () {
    await opened
    yield 'said'
  }, 3_000)
  await Promise.all(Array.from({ length: RUNS }, () => worker.start('answer', null, { principal: 'ada' })))
  expect(timers() - before).toBeLessThanOrEqual(1)
  expect(intervals).toHaveBeenCalledTimes(1)
  await vi.waitFor(() => expect(appends()).toBeGreaterThanOrEqual(RUNS), { timeout: 10_000 })
  expect(appends() % RUNS).toBe(0)
  open()
  await worker.close()
})

test('a token that is written by itself costs the promise of the store and the one of its answer, and no other', async () => {
  const store = memory()
  const { run, lease } = await start(store)
  const producer = new Producer({ store, run, lease, tail: 1, maxEntry: 1_000_000, onSignal: () => undefined, onLost: () => undefined })
  const said = (tokens: number): Promise<number> => promisesIn(() => new Promise((resolve) => {
    const next = (left: number): void => {
      if (left === 0) {
        resolve()
        return
      }
      producer.append('{"type":"own"}')
      // By then the one before has been written.
      setImmediate(() => setImmediate(() => next(left - 1)))
    }
    next(tokens)
  }))
  await said(10)
  const before = producer.tail
  const few = await said(10)
  expect((producer.tail - before) % 10).toBe(0)
  expect(await said(1_010) - few).toBeLessThanOrEqual(2 * 1_000)
})

test('what is said in one turn of the event loop is one write a run, and one flush for all runs', async () => {
  const { store, appends } = counting(memory())
  const flushes = vi.spyOn(globalThis, 'setImmediate')
  const stringify = vi.spyOn(JSON, 'stringify')
  const worker = workerOf(store, async function* () {
    for (let token = 0; token < TOKENS; token += 1) yield 'a token of an answer'
  })
  const started = await Promise.all(Array.from({ length: RUNS }, () => worker.start('answer', null, { principal: 'ada' })))
  await vi.waitFor(async () => {
    for (const { record } of started) expect((await store.find(record.id))?.status).toBe('completed')
  }, { timeout: 10_000 })
  // Its block and its tokens, and its end where that came later.
  expect(appends()).toBeLessThanOrEqual(2 * RUNS)
  // Input, `start`, `block_start`, the head of its deltas and `end`: nothing for each token. The rest is sealing.
  expect(stringify.mock.calls.filter(([value]) => value === 'a token of an answer')).toHaveLength(0)
  expect(flushes.mock.calls.length).toBeLessThan(RUNS)
  await worker.close()
})
