import { cp, rm } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { insist } from '../../../packages/millrace/src/run/insist.ts'
import { expectLog, newNonce, says, start } from '../../../packages/millrace/src/store/testing/fixtures.ts'
import { LONG } from '../../../packages/millrace/src/store/testing/harness.ts'
import { engine } from '../../support/engines.ts'
import { withUrl } from '../../support/nats-harness.ts'
import { startNats } from '../../support/nats-server.ts'

/** In ms: more than any restart here takes. */
const PATIENCE = 30_000

test('a server that comes back with less than it had refuses whoever wrote what it lost', { timeout: 60_000 }, async (context) => {
  await using server = await startNats(engine('nats-server', context))
  const [store, other] = [await withUrl(server.url)('back'), await withUrl(server.url)('back')]
  const [alone, overtaken] = [await start(store), await start(store)]
  for (const { run, lease } of [alone, overtaken]) await store.append(run, lease, says(1, 'kept'))
  await server.kill()
  const [data, copy] = [`${server.folder}/jetstream`, `${server.folder}/copy`]
  await cp(data, copy, { recursive: true })
  await server.start()
  for (const { run, lease } of [alone, overtaken]) await insist(() => store.append(run, lease, says(2, 'lost')), PATIENCE)

  await server.kill()
  await rm(data, { recursive: true })
  await cp(copy, data, { recursive: true })
  await server.start()
  // The sequences of what was lost are given out again, to somebody else.
  const taken = await insist(() => other.acquire(overtaken.run, newNonce(), LONG, { revoke: true }), PATIENCE)
  if (taken) await other.append(overtaken.run, taken.lease, says(2, 'mine'))
  const fates = [[alone, 'regressed'], [overtaken, 'fenced']] as const
  for (const [{ run, lease }, code] of fates) {
    await expect(insist(() => store.append(run, lease, says(3, 'x')), PATIENCE)).rejects.toMatchObject({ code })
  }
  await expectLog(store, alone.run, ['kept'], 'the log that was cut')
  await expectLog(store, overtaken.run, ['kept', 'mine'], 'the log that went on without what was lost')
  await Promise.all([store.close(), other.close()])
})
