import { setImmediate as turn } from 'node:timers/promises'
import { expect, vi } from 'vitest'
import { defineRun, type Store } from '../../packages/millrace/src/index.ts'
import { testApp, type TestApp } from './app.ts'

/** How many round trips there have been. */
type Count = () => Promise<number> | number

const RUNS = 100
const TOKENS = 300
const TEXT = 'of an answer '

const kinds = {
  /** As fast as they are taken. */
  flood: defineRun({ async *run() { await turn(); for (let left = TOKENS; left > 0; left -= 1) yield TEXT } }),
  /** A few a commit. */
  stream: defineRun({ async *run() { for (let left = TOKENS; left > 0; left -= 1) { yield TEXT; await turn() } } }),
}

/** What each of a hundred runs at full speed costs in round trips, and what a late reader does. Closes the store. */
export async function budgetOf(store: Store, count: Count): Promise<{ readonly run: number; readonly lateJoin: number }> {
  await using test = testApp({ store, runs: kinds })
  // First: what the others leave to be packed afterwards would be counted too.
  const lateJoin = await lateJoinOf(test, await packedRun(test), count)
  return { run: await runAtFullSpeed(test, count), lateJoin }
}

async function packedRun({ app, store }: TestApp): Promise<string> {
  const { id, result } = await app.start('stream', null, { principal: 'ada' })
  await result
  await vi.waitUntil(async () => { const record = await store.find(id); return record?.sealedTo === record?.tail }, { timeout: 20_000 })
  return id
}

/** From its start to its result, which a reader waits for. */
async function runAtFullSpeed({ app }: TestApp, count: Count): Promise<number> {
  const before = await count()
  await Promise.all(Array.from({ length: RUNS }, async () => (await app.start('flood', null, { principal: 'ada' })).result))
  return (await count() - before) / RUNS
}

/** The least of some: the process looks for work at times. */
async function lateJoinOf({ ask }: TestApp, run: string, count: Count): Promise<number> {
  const trips: number[] = []
  for (let joins = 0; joins < 5; joins += 1) {
    const before = await count()
    expect(await (await ask(`/runs/${run}`, { headers: { Accept: 'text/plain' } })).text()).toBe(TEXT.repeat(TOKENS))
    trips.push(await count() - before)
  }
  return Math.min(...trips)
}
