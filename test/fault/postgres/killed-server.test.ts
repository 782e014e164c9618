import { expect, test, vi } from 'vitest'
import { insist } from '../../../packages/millrace/src/run/insist.ts'
import { Tails } from '../../../packages/millrace/src/run/tails.ts'
import type { Lease, RunId, Store, Write } from '../../../packages/millrace/src/store/store.ts'
import { expectLog, says, start } from '../../../packages/millrace/src/store/testing/fixtures.ts'
import { engine } from '../../support/engines.ts'
import { startPgbouncer } from '../../support/pgbouncer.ts'
import { type OpenStore, withPool, withUrl } from '../../support/postgres-harness.ts'
import { type PostgresServer, startPostgres } from '../../support/postgres-server.ts'

const WAYS: Readonly<Record<string, (server: PostgresServer) => OpenStore>> = {
  'a URL': ({ url }) => withUrl(url),
  'a pool': ({ url }) => withPool(url),
}

/** As every server should run, and as it runs unless told otherwise. */
const DURABLE = { settings: { fsync: 'on', full_page_writes: 'on' } }
/** In ms: more than any restart here takes. */
const PATIENCE = 30_000

/** As a producer does: the same write again, unchanged, while the store is busy, and for no other reason. */
async function append(store: Store, run: RunId, lease: Lease, write: Write): Promise<void> {
  await insist(() => store.append(run, lease, write).catch((error: unknown) => {
    expect(error).toMatchObject({ code: 'store_busy' })
    throw error
  }), PATIENCE)
}

/** Writers write and readers follow while the server is killed and started three times. */
async function killAgainAndAgain(server: PostgresServer, openStore: OpenStore): Promise<void> {
  const [store, other] = [openStore('killed'), openStore('killed')]
  const runs = await Promise.all(Array.from({ length: 5 }, () => start(store)))
  const readers = [store, other].map((each) => {
    const got: number[] = []
    new Tails(each).of(runs[0]!.created.record).join({
      onBatch: ({ first, last }) => { for (let offset = first; offset <= last; offset++) got.push(offset) },
      onLost: (error) => { throw error },
    })
    return got
  })
  let isOver = false
  const writing = runs.map(async ({ run, lease }) => {
    const texts: string[] = []
    while (!isOver) {
      const text = `${run} ${String(texts.length)}`
      await append(store, run, lease, says(texts.length + 1, text))
      texts.push(text)
    }
    return { run, texts }
  })
  const tail = (): Promise<number> => insist(async () => (await store.find(runs[0]!.run))?.tail ?? 0, PATIENCE)
  for (let kills = 0; kills < 3; kills++) {
    await server.kill()
    await server.start()
    const before = await tail()
    await vi.waitUntil(async () => (await tail()) > before + 20, { timeout: 20_000 })
  }
  isOver = true
  const written = await Promise.all(writing)
  for (const { run, texts } of written) await expectLog(store, run, texts, run)
  const whole = Array.from({ length: (await tail()) - 1 }, (_, i) => i + 2)
  for (const got of readers) {
    await vi.waitUntil(() => got.at(-1) === whole.at(-1), { timeout: PATIENCE })
    expect(got).toEqual(whole)
  }
  await Promise.all([store.close(), other.close()])
}

for (const [way, openStore] of Object.entries(WAYS)) {
  test(`a server that is killed again and again loses and doubles nothing acknowledged (${way})`, { timeout: 120_000 }, async (context) => {
    await using server = await startPostgres(engine('postgres', context), DURABLE)
    await killAgainAndAgain(server, openStore(server))
  })
}

test('nor does one behind PgBouncer, which outlives it', { timeout: 120_000 }, async (context) => {
  await using server = await startPostgres(engine('postgres', context), DURABLE)
  await using pooler = await startPgbouncer(engine('pgbouncer', context), server)
  await killAgainAndAgain(server, withPool(pooler.url, server.url))
})

test('watchers hear again of their runs after the server was away', { timeout: 60_000 }, async (context) => {
  await using server = await startPostgres(engine('postgres', context))
  const [one, other] = [withUrl(server.url)('away'), withUrl(server.url)('away')]
  const { run, lease } = await start(one)
  let heard = 0
  other.watch(run, () => heard++)
  await vi.waitUntil(() => heard > 0)
  await server.kill()
  heard = 0
  await server.start()
  await vi.waitUntil(() => heard > 0, { timeout: 10_000 })
  heard = 0
  await append(one, run, lease, says(1, 'a'))
  await vi.waitUntil(() => heard > 0, { timeout: 10_000 })
  await Promise.all([one.close(), other.close()])
})
