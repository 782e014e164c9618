import { expect, test, vi } from 'vitest'
import { insist } from '../../../packages/millrace/src/run/insist.ts'
import { Tails } from '../../../packages/millrace/src/run/tails.ts'
import { postgres } from '../../../packages/millrace/src/store/postgres/store.ts'
import { expectLog, newNonce, says, start } from '../../../packages/millrace/src/store/testing/fixtures.ts'
import { LONG } from '../../../packages/millrace/src/store/testing/harness.ts'
import { engine } from '../../support/engines.ts'
import { type PostgresServer, ask, startPostgres } from '../../support/postgres-server.ts'
import { stallingLink } from '../../support/stalling-link.ts'

const PATIENCE = 30_000

/** Until the replica has all that the primary has. */
async function caughtUp(primary: PostgresServer): Promise<void> {
  const behind = 'SELECT 1 FROM pg_stat_replication WHERE replay_lsn < pg_current_wal_lsn()'
  await vi.waitUntil(async () => (await ask(primary.url, 'SELECT 1 FROM pg_stat_replication')).length === 1, { timeout: PATIENCE })
  await vi.waitUntil(async () => (await ask(primary.url, behind)).length === 0, { timeout: PATIENCE })
}

test('a replica that lags takes over: producers are refused, readers are told `reset`, and nobody is given another log for his own', { timeout: 120_000 }, async (context) => {
  const program = engine('postgres', context)
  await using primary = await startPostgres(program)
  await using replica = await startPostgres(program, { follows: primary })
  await using link = await stallingLink(primary.port)
  const open = (): ReturnType<typeof postgres> => postgres(primary.url.replace(String(primary.port), String(link.port)), { warn: () => undefined })
  const [store, other] = [open(), open()]
  const { run, lease, created } = await start(store)
  await store.append(run, lease, says(1, 'kept'))
  await caughtUp(primary)
  await ask(replica.url, `ALTER SYSTEM SET primary_conninfo = ''`)
  await ask(replica.url, 'SELECT pg_reload_conf()')
  await vi.waitUntil(async () => (await ask(primary.url, 'SELECT 1 FROM pg_stat_replication')).length === 0, { timeout: PATIENCE })

  const got: number[] = []
  let lost: unknown = null
  const tail = new Tails(other).of(created.record)
  tail.join({ onBatch: ({ last }) => got.push(last), onLost: (error) => { lost = error } })
  await vi.waitUntil(() => got.includes(2))
  await store.append(run, lease, says(2, 'lost', 'lost too'))
  await vi.waitUntil(() => got.includes(4))

  await primary.kill()
  link.lead(replica.port)
  await ask(replica.url, 'SELECT pg_promote()')
  const late = insist(() => store.append(run, lease, says(4, 'late')), PATIENCE)
  await expect(late).rejects.toMatchObject({ code: 'regressed' })
  const taken = await insist(() => other.acquire(run, newNonce(), LONG, { revoke: true }), PATIENCE)
  if (taken === null) throw new Error('it is held')
  // The very offsets that were given out before, under another nonce.
  await other.append(run, taken.lease, says(2, 'new', 'newer', 'newest'))
  await expect(store.append(run, lease, says(4, 'late'))).rejects.toMatchObject({ code: 'fenced' })
  await vi.waitUntil(() => lost !== null, { timeout: PATIENCE })
  expect(lost).toMatchObject({ code: 'reset' })
  expect(got.at(-1)).toBe(4)
  await expectLog(store, run, ['kept', 'new', 'newer', 'newest'], 'the log')
  await Promise.all([store.close(), other.close()])
})
