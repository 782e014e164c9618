import { expect, test, vi } from 'vitest'
import { listStatement } from '../../../packages/millrace/src/store/postgres/listing.ts'
import { postgres } from '../../../packages/millrace/src/store/postgres/store.ts'
import type { ListFilter } from '../../../packages/millrace/src/store/store.ts'
import { ends, idPart, says, start, startSaying } from '../../../packages/millrace/src/store/testing/fixtures.ts'
import { engine } from '../../support/engines.ts'
import { ask, type PostgresServer, startPostgres } from '../../support/postgres-server.ts'

const quietly = { warn: () => undefined }
const SOON = { retention: 1, tombstone: 1 }
const TABLES = ['runs', 'batches', 'texts', 'signals', 'presence']

async function rowsIn({ url }: PostgresServer, table: string): Promise<number> {
  return Number((await ask(url, `SELECT count(*) FROM millrace.${table}`))[0]?.['count'])
}

test('whatever has run out is removed whole, by whoever writes next', { timeout: 30_000 }, async (context) => {
  await using server = await startPostgres(engine('postgres', context))
  const store = postgres(server.url, quietly)
  for (let runs = 0; runs < 40; runs++) {
    const { run, lease } = await start(store, { policy: SOON })
    await store.signal(run, { id: 's', type: 'input', data: '1' })
    await store.touch(run, 'node', 1)
    for (let tail = 1; tail < 31; tail++) await store.append(run, lease, { ...says(tail, 'a'), checkpoint: '1' })
    if (runs % 2 === 0) await store.append(run, lease, ends(31))
    else await store.delete(run)
  }
  await vi.waitFor(async () => {
    const { run } = await start(store, { policy: SOON })
    await store.delete(run)
    // What was made to look may stand there for a moment.
    expect(Math.max(...await Promise.all(TABLES.map((table) => rowsIn(server, table))))).toBeLessThan(5)
  }, { timeout: 15_000, interval: 50 })
  await store.close()
})

test('a run of many rows goes in slices, and its tombstone answers at once', { timeout: 30_000 }, async (context) => {
  await using server = await startPostgres(engine('postgres', context))
  const store = postgres(server.url, quietly)
  const { run } = await startSaying(store, ['a'])
  await ask(server.url, `INSERT INTO millrace.batches (run, last, first, epoch, bytes) SELECT key, n, n, 'x', 'y' FROM millrace.runs, generate_series(3, 5000) AS n`)
  await store.delete(run)
  await expect(store.read(run, 0, 1)).rejects.toMatchObject({ code: 'gone' })
  await vi.waitUntil(async () => (await rowsIn(server, 'batches')) === 0, { timeout: 10_000 })
  expect((await store.find(run))?.deletedAt).not.toBeNull()
  await store.close()
})

test('an append touches no index of the run', { timeout: 30_000 }, async (context) => {
  await using server = await startPostgres(engine('postgres', context))
  const store = postgres(server.url, quietly)
  await startSaying(store, Array.from({ length: 100 }, (_, i) => String(i)))
  await store.close()
  const updates = `SELECT n_tup_upd::int AS all, n_tup_hot_upd::int AS hot FROM pg_stat_user_tables WHERE relname = 'runs'`
  await vi.waitUntil(async () => (await ask(server.url, updates))[0]?.['all'] === 100, { timeout: 10_000 })
  expect(await ask(server.url, updates)).toEqual([{ all: 100, hot: 100 }])
})

const FILTERS: Readonly<Record<string, ListFilter>> = {
  'no filter': { limit: 5 },
  principal: { principal: 'ada', limit: 5 },
  kind: { kind: 'answer', limit: 5 },
  group: { group: idPart(), limit: 5 },
  'needs owner': { needs: 'owner', limit: 5 },
  'needs seal': { needs: 'seal', limit: 5 },
  before: { before: { createdAt: 5, id: idPart() }, limit: 5 },
}

test('every list is read from an index, in its order', { timeout: 30_000 }, async (context) => {
  await using server = await startPostgres(engine('postgres', context), { settings: { enable_seqscan: 'off', enable_sort: 'off', enable_bitmapscan: 'off' } })
  const store = postgres(server.url, quietly)
  await startSaying(store, ['a'])
  await store.close()
  for (const [name, filter] of Object.entries(FILTERS)) {
    const [text, values] = listStatement('millrace', filter)
    const plan = (await ask(server.url, `EXPLAIN ${text}`, values)).map((row) => row['QUERY PLAN']).join('\n')
    expect(plan, name).toMatch(/Index Scan(?: Backward)? using runs_/)
    expect(plan, name).not.toMatch(/Sort|Seq Scan/)
  }
})
