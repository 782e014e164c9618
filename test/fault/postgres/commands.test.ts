import pg from 'pg'
import { expect, test, vi } from 'vitest'
import { Tails } from '../../../packages/millrace/src/run/tails.ts'
import { postgres } from '../../../packages/millrace/src/store/postgres/store.ts'
import type { Store } from '../../../packages/millrace/src/store/store.ts'
import { ends, says, start } from '../../../packages/millrace/src/store/testing/fixtures.ts'
import { budgetOf } from '../../support/budget.ts'
import { engine } from '../../support/engines.ts'
import { ask, startPostgres } from '../../support/postgres-server.ts'

/** Every statement that a store sends to its pool: each is one round trip, and its own transaction. */
class CountingPool extends pg.Pool {
  readonly sent: string[] = []

  constructor(connectionString: string) {
    super({ connectionString, max: 4 })
    const query = this.query.bind(this) as (query: pg.QueryConfig) => Promise<pg.QueryResult>
    Object.assign(this, {
      query: (config: pg.QueryConfig) => {
        this.sent.push(/(\w+)\(/.exec(config.text)?.[1] ?? config.text)
        return query(config)
      },
    })
  }

  count(name: string): number {
    return this.sent.filter((sent) => sent === name).length
  }
}

function open(pool: CountingPool): Store {
  return postgres(pool, { schema: 'budget', warn: () => undefined })
}

test('an append is one statement; readers of its process cost none, and of another at most two a notice', { timeout: 60_000 }, async (context) => {
  await using server = await startPostgres(engine('postgres', context))
  const pools = [new CountingPool(server.url), new CountingPool(server.url)] as const
  const stores = [open(pools[0]), open(pools[1])] as const
  const { run, lease, created } = await start(stores[0])
  const readers = stores.map((store) => {
    const tail = new Tails(store).of(created.record)
    const got: number[] = []
    tail.join({ onBatch: ({ first, last }) => { for (let at = first; at <= last; at++) got.push(at) }, onLost: (error) => { throw error } })
    return { tail, got }
  })
  // What a tail reads until every process listens is not counted.
  await vi.waitUntil(async () => (await ask(server.url, `SELECT 1 FROM pg_stat_activity WHERE query LIKE 'LISTEN%'`)).length === 2)
  await stores[0].append(run, lease, says(1, 'first'))
  await vi.waitUntil(() => readers.every(({ got }) => got.includes(2)))
  for (const { sent } of pools) sent.length = 0
  for (let tail = 2; tail < 102; tail++) await stores[0].append(run, lease, says(tail, String(tail)))
  await vi.waitUntil(() => readers.every(({ got }) => got.includes(102)))
  const notices = pools[0].count('pg_notify')
  expect(pools[0].count('append_run')).toBe(100)
  expect(pools[0].sent.length - notices).toBe(100)
  expect(notices).toBeLessThanOrEqual(100)
  // One more where a notice came while the answer to the one before was on its way.
  expect(pools[1].sent.length).toBeLessThanOrEqual(2 * notices)
  expect(pools[1].count('read_run')).toBe(pools[1].sent.length)
  for (const { got } of readers) expect(got).toEqual(Array.from({ length: 101 }, (_, i) => i + 2))
  await stores[0].append(run, lease, ends(102))
  await vi.waitUntil(() => readers.every(({ tail }) => tail.ended))
  await Promise.all(stores.map((store) => store.close()))
  await Promise.all(pools.map((pool) => pool.end()))
})

test('one notice takes along all runs that changed while the one before was on its way, and one connection listens to all', { timeout: 60_000 }, async (context) => {
  await using server = await startPostgres(engine('postgres', context))
  const pool = new CountingPool(server.url)
  const [store, other] = [open(pool), postgres(server.url, { schema: 'budget', warn: () => undefined })]
  const runs = await Promise.all(Array.from({ length: 200 }, () => start(store)))
  const heard = new Set<string>()
  let standing = 0
  for (const { run } of runs) other.watch(run, () => { standing++; heard.add(run) })
  await vi.waitUntil(() => standing >= 200)
  heard.clear()
  pool.sent.length = 0
  await Promise.all(runs.map(({ run, lease }) => store.append(run, lease, says(1, 'a'))))
  await vi.waitUntil(() => heard.size === 200)
  expect(pool.count('append_run')).toBe(200)
  expect(pool.count('pg_notify')).toBeLessThan(100)
  expect(await ask(server.url, `SELECT pid FROM pg_stat_activity WHERE query LIKE 'LISTEN%'`)).toHaveLength(1)
  await Promise.all([store.close(), other.close()])
  await pool.end()
})

test('at full speed each of a hundred runs costs at most 20 statements however much it says, and a late reader two', { timeout: 60_000 }, async (context) => {
  await using server = await startPostgres(engine('postgres', context))
  const pool = new CountingPool(server.url)
  const store = open(pool)
  const count = (): number => pool.sent.length
  const { run, lateJoin } = await budgetOf(store, count)
  expect(run).toBeLessThanOrEqual(20)
  expect(lateJoin).toBe(2)
  await pool.end()
})
