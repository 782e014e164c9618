// Budgets: what a late reader of a long answer costs, counted where it does not depend on the machine.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { testApp } from '../../../../test/support/app.ts'
import { Arriving } from '../../../../test/support/arriving.ts'
import { Log } from '../../../../test/support/log.ts'
import { bound } from '../../../../test/support/run/faulty.ts'
import { ROLL_SIZE, rollRun } from '../run/sealer.ts'
import { memory } from '../store/memory.ts'
import { sqlite } from '../store/sqlite/store.ts'
import type { Store } from '../store/store.ts'

const TOKENS = 10_000
const TEXT_SIZE = TOKENS * 5

let folder = ''
let files = 0
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-late-'))
})
afterAll(() => rm(folder, { recursive: true }))

/** The stores that need no engine, and into how few rows they seal that answer; the others count theirs in `test/fault`. */
const stores = [['memory', memory, 3], ['SQLite', () => sqlite(join(folder, `${String(files++)}.db`)), 10]] as const

/** A store that counts what is asked of it, and a log of which every token is a row of its own. */
async function longAnswer(kept: Store): Promise<{ store: Store; log: Log; cost: { reads: number; rows: number; others: number } }> {
  const cost = { reads: 0, rows: 0, others: 0 }
  const store: Store = {
    ...bound(kept),
    find: (...of) => {
      cost.others += 1
      return kept.find(...of)
    },
    read: async (...of) => {
      const page = await kept.read(...of)
      cost.reads += 1
      cost.rows += page.batches.length
      return page
    },
  }
  const log = await Log.begin(kept)
  for (let n = 0; n < TOKENS; n += 1) await log.say('word ')
  return { store, log, cost }
}

const SSE = { headers: { Accept: 'text/event-stream' } }

test.each(stores)('who comes after the end has 10,000 tokens for one look, one read and few rows: %s', async (_name, open, rows) => {
  const { store, log, cost } = await longAnswer(open())
  await log.end()
  await log.seal()
  await using server = testApp({ store })
  const body = await (await server.ask(`/runs/${log.run}`, SSE)).arrayBuffer()
  expect(cost).toEqual({ reads: 1, rows, others: 1 })
  expect(body.byteLength).toBeLessThan(TEXT_SIZE * 1.3)
})

test.each(stores)('who comes while it goes on reads few rows more than stand unsealed, and is written to a few times: %s', async (_name, open) => {
  const { store, log, cost } = await longAnswer(open())
  await rollRun(store, log.run, null)
  cost.reads = 0
  cost.rows = 0
  await using server = testApp({ store })
  const arriving = new Arriving(await server.ask(`/runs/${log.run}`, SSE))
  await arriving.until(`-${String(log.tail)}\n`)
  expect(cost.reads).toBeLessThanOrEqual(4)
  expect(cost.rows).toBeLessThanOrEqual(2 * (ROLL_SIZE / 60))
  expect(arriving.bytes.length).toBeLessThan(TEXT_SIZE * 1.3 + 2.5 * ROLL_SIZE)
  const next = { ...cost }
  const second = new Arriving(await server.ask(`/runs/${log.run}`, SSE))
  await second.until(`-${String(log.tail)}\n`)
  // What the first one read is handed to the second.
  expect(cost).toEqual({ ...next, others: next.others + 1 })
  await Promise.all([arriving.leave(), second.leave()])
})
