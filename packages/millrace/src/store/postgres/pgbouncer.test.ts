import { type TestContext, afterAll, describe, expect, test, vi } from 'vitest'
import { engine } from '../../../../../test/support/engines.ts'
import { type Pgbouncer, startPgbouncer } from '../../../../../test/support/pgbouncer.ts'
import { postgresHarness, withPool, withUrl } from '../../../../../test/support/postgres-harness.ts'
import { type PostgresServer, startPostgres } from '../../../../../test/support/postgres-server.ts'
import { conformanceCases } from '../testing/cases.ts'
import { says, start } from '../testing/fixtures.ts'
import { postgres } from './store.ts'

interface Pooled {
  readonly server: PostgresServer
  readonly pooler: Pgbouncer
}

let starting: Promise<Pooled> | undefined
afterAll(async () => {
  const pooled = await starting
  await pooled?.pooler[Symbol.asyncDispose]()
  await pooled?.server[Symbol.asyncDispose]()
})

function pooledFor(context: Pick<TestContext, 'skip'>): Promise<Pooled> {
  const [program, pooler] = [engine('postgres', context), engine('pgbouncer', context)]
  return (starting ??= startPostgres(program).then(async (server) => ({ server, pooler: await startPgbouncer(pooler, server) })))
}

describe('the Postgres store through PgBouncer in transaction mode, and a direct URL for wake-ups', () => {
  for (const each of conformanceCases) {
    test.concurrent(each.name, { timeout: 60_000 }, async (context) => {
      const { server, pooler } = await pooledFor(context)
      await each.run(postgresHarness(withPool(pooler.url, server.url)))
    })
  }
})

test('without a place to listen a store wakes its own readers, and works', async (context) => {
  const { server, pooler } = await pooledFor(context)
  const store = postgres(pooler.url, { schema: 'deaf', listen: false, warn: () => undefined })
  const other = withUrl(server.url)('deaf')
  const { run, lease } = await start(store)
  const heard: number[] = []
  store.watch(run, (batch) => heard.push(batch?.last ?? 0))
  await store.append(run, lease, says(1, 'a'))
  await vi.waitUntil(() => heard.includes(2))
  await other.append(run, lease, says(2, 'b'))
  expect((await store.find(run))?.tail).toBe(3)
  expect(heard).toEqual([2])
  await Promise.all([store.close(), other.close()])
})
