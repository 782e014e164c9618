import { expect, test, vi } from 'vitest'
import { insist } from '../../../packages/millrace/src/run/insist.ts'
import { postgres } from '../../../packages/millrace/src/store/postgres/store.ts'
import { expectLog, says, start } from '../../../packages/millrace/src/store/testing/fixtures.ts'
import { engine } from '../../support/engines.ts'
import { startPostgres } from '../../support/postgres-server.ts'
import { stallingLink } from '../../support/stalling-link.ts'

test('connections that have gone half open are left: a call fails, the next one gets through, and wake-ups come again', { timeout: 90_000 }, async (context) => {
  await using server = await startPostgres(engine('postgres', context))
  await using link = await stallingLink(server.port)
  const store = postgres(server.url.replace(String(server.port), String(link.port)), { warn: () => undefined })
  const other = postgres(server.url, { warn: () => undefined })
  const { run, lease } = await start(store)
  let heard = 0
  store.watch(run, () => heard++)
  await vi.waitUntil(() => heard > 0)
  await store.append(run, lease, says(1, 'a'))
  link.stall()
  await expect(store.append(run, lease, says(2, 'b'))).rejects.toMatchObject({ code: 'store_busy' })
  await insist(() => store.append(run, lease, says(2, 'b')), 30_000)
  heard = 0
  // The connection that listens has no call to fail: it asks from time to time.
  await vi.waitUntil(() => heard > 0, { timeout: 45_000 })
  heard = 0
  await other.append(run, lease, says(3, 'c'))
  await vi.waitUntil(() => heard > 0)
  await expectLog(store, run, ['a', 'b', 'c'], 'the log')
  await Promise.all([store.close(), other.close()])
})
