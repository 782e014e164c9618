import { beforeEach, expect, onTestFinished, test, vi } from 'vitest'
import { memory } from '../store/memory.ts'
import type { Store } from '../store/store.ts'
import { start } from '../store/testing/fixtures.ts'
import { faulty, turns, type Faults } from '../../../../test/support/run/faulty.ts'
import { Office } from '../../../../test/support/run/office.ts'
import { Readership, type Follower } from './readership.ts'

const reading: Follower = { stalled: 0 }
/** In ms. */
const INTERVAL = 5

let store: Store
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'performance', 'Date'] })
  onTestFinished(() => void vi.useRealTimers())
  // Only now: it takes the clock that it finds.
  store = memory()
})

/** Moves the clock on, and lets every look that is due be answered. */
async function pass(ms: number): Promise<void> {
  await vi.advanceTimersByTimeAsync(ms)
}

function readership(faults: Faults = {}): { it: Readership; looks: () => number } {
  let looks = 0
  const line = faulty(store, { call: (name) => {
    if (name === 'touch') looks += 1
    return faults.call?.(name) ?? 'ok'
  } })
  const it = new Readership(line.store, INTERVAL)
  onTestFinished(() => it.close())
  return { it, looks: () => looks }
}

test('a run that nobody follows from its start on is told so once, after its grace', async () => {
  const { run } = await start(store)
  const { it, looks } = readership()
  let told = 0
  it.watch(run, 60, () => (told += 1))
  await pass(60 - INTERVAL)
  expect(told).toBe(0)
  await pass(INTERVAL)
  expect(told).toBe(1)
  const then = looks()
  await pass(120)
  expect([told, looks() - then]).toEqual([1, 0])
})

test.each(['here', 'elsewhere'])('while somebody follows %s nobody is told, and when the last has left it is', async (where) => {
  const { run } = await start(store)
  const { it, looks } = readership()
  const leave = [1, 2].map(() => (where === 'here' ? it : readership().it).follow(run, { ...reading }))
  let told = 0
  it.watch(run, 10, () => (told += 1))
  await pass(INTERVAL * 8)
  leave[0]!()
  const then = looks()
  await pass(INTERVAL * 8)
  expect([told, looks() - then]).toEqual([0, 8])
  leave[1]!()
  await pass(10 + INTERVAL)
  expect(told).toBe(1)
})

test('one who takes nothing more does not follow', async () => {
  const { run } = await start(store)
  const { it } = readership()
  it.follow(run, { stalled: 60_000 })
  let told = 0
  it.watch(run, 10, () => (told += 1))
  await pass(10 + INTERVAL)
  expect(told).toBe(1)
})

test('one whose process died is counted no more when its word runs out', async () => {
  const { run } = await start(store)
  const dead = readership()
  dead.it.follow(run, { ...reading })
  await pass(INTERVAL)
  dead.it.close()
  let told = 0
  readership().it.watch(run, 10, () => (told += 1))
  await pass(INTERVAL * 4)
  expect(told).toBe(0)
  await pass(INTERVAL * 4)
  expect(told).toBe(1)
})

test('a store that does not answer makes nobody absent', async () => {
  const { run } = await start(store)
  let busy = true
  const { it, looks } = readership({ call: () => (busy ? 'busy' : 'ok') })
  let told = 0
  it.watch(run, 10, () => (told += 1))
  await pass(INTERVAL * 8)
  expect([told, looks()]).toEqual([0, 8])
  busy = false
  await pass(10 + INTERVAL)
  expect(told).toBe(1)
})

test('work that nobody reads is cancelled, on whichever node its readers are; a kind that does not ask goes on', async () => {
  const office = new Office(store)
  onTestFinished(() => office.close())
  let cancelled = 0
  const forEver = ({ signal }: { readonly signal: AbortSignal }): Promise<void> =>
    new Promise(() => signal.addEventListener('abort', () => (cancelled += 1)))
  const runs = { asks: { run: forEver, cancelWhenUnread: 30 }, other: { run: forEver } }
  const [working, serving] = [office.open(runs, { readership: INTERVAL }), office.open(runs, { readership: INTERVAL })]
  const { record } = await working.worker.start('asks', null, { principal: 'ada' })
  const other = await working.worker.start('other', null, { principal: 'ada' })
  const leave = serving.worker.follow(record, { ...reading })
  await pass(120)
  await turns()
  expect(cancelled).toBe(0)
  leave()
  await pass(30 + INTERVAL)
  expect(await office.end(record.id)).toMatchObject({ status: 'cancelled' })
  expect((await office.record(other.record.id)).status).toBe('running')
  expect(cancelled).toBe(1)
})
