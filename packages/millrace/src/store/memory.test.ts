import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { describe, expect, test } from 'vitest'
import { memory } from './memory.ts'
import { conformanceCases } from './testing/cases.ts'
import { createOptions, encode, idPart, newNonce, start, startEnded } from './testing/fixtures.ts'
import { LONG } from './testing/harness.ts'
import { runHistories } from './testing/histories.ts'
import { memoryHarness } from '../../../../test/support/memory-harness.ts'

const RUNS = Number(process.env['MILLRACE_HISTORIES'] ?? 300)

describe('the memory store', () => {
  for (const each of conformanceCases) test(each.name, () => each.run(memoryHarness()))

  test('plays random histories as the model does', async () => {
    const seen = await runHistories(memoryHarness(), { runs: RUNS })
    const answers = [
      'create ok', 'append ok', 'append fenced', 'append ended', 'append conflict', 'append regressed', 'append gone', 'repeat ok',
      'repeat fenced', 'repeat conflict', 'acquire ok', 'acquire null', 'acquire ended', 'read ok', 'signal ok', 'seal null', 'delete null',
    ]
    for (const answer of answers) expect(seen.get(answer), answer).toBeGreaterThan(0)
  }, 600_000)
})

describe('the memory store, with a clock that goes by itself', () => {
  for (const each of conformanceCases) test.concurrent(each.name, () => each.run(memoryHarness({ clock: 'real' })))

  test('plays random histories as the model does', async () => {
    const seen = await runHistories(memoryHarness({ clock: 'real' }), { runs: 10 })
    expect(seen.get('append ok')).toBeGreaterThan(0)
  }, 60_000)
})

test('expiry is exact to the millisecond', async () => {
  let now = 1000
  const store = memory({ clock: () => now })
  const { run } = await startEnded(store, { policy: { retention: 100, tombstone: 50 } })
  now = 1099
  expect((await store.load(run)).record.deletedAt).toBeNull()
  now = 1100
  await expect(store.load(run)).rejects.toMatchObject({ code: 'gone' })
  now = 1149
  expect((await store.find(run))?.deletedAt).toBe(1100)
  now = 1150
  expect(await store.find(run)).toBeNull()
})

test('a lease is held to the millisecond before it runs out', async () => {
  let now = 1000
  const store = memory({ clock: () => now })
  const { run } = await start(store, { ttl: 100 })
  now = 1099
  expect(await store.list({ needs: 'owner', limit: 1 })).toEqual([])
  expect(await store.acquire(run, newNonce(), LONG)).toBeNull()
  now = 1100
  expect(await store.list({ needs: 'owner', limit: 1 })).toHaveLength(1)
  expect((await store.acquire(run, newNonce(), LONG))?.lease.fence).toBe(2)
})

test('data that nobody asks for any more is let go while others begin', async () => {
  let now = 0
  const store = memory({ clock: () => now })
  const kept = await Promise.all(Array.from({ length: 20 }, async () => {
    const { run } = await startEnded(store, { policy: { retention: 10, tombstone: 10 } })
    return (await store.read(run, 0, 1000)).batches.map((batch) => new WeakRef(batch))
  }))
  now = 100
  for (let begun = 0; begun < 20; begun++) await start(store)
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  await expect.poll(() => {
    collect()
    return kept.flat().filter((ref) => ref.deref()).length
  }).toBe(0)
})

test('a watcher that throws breaks neither the write nor other watchers', async () => {
  const store = memory()
  const run = idPart()
  const thrown: unknown[] = []
  const listeners = process.rawListeners('uncaughtException') as ((error: Error) => void)[]
  process.removeAllListeners('uncaughtException')
  process.once('uncaughtException', (error) => thrown.push(error))
  try {
    const fault = new Error('mine')
    let woken = 0
    store.watch(run, () => {
      throw fault
    })
    store.watch(run, () => woken++)
    const options = createOptions(run, { start: encode('{"type":"start"}'), ttl: LONG })
    expect((await store.create(run, options)).created).toBe(true)
    await expect.poll(() => [woken, thrown]).toEqual([1, [fault]])
  } finally {
    for (const listener of listeners) process.on('uncaughtException', listener)
  }
})
