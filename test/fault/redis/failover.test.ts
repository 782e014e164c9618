import { expect, test } from 'vitest'
import { createClient } from '../../../packages/millrace/src/client/index.ts'
import { anyone, createMillrace, type Entry } from '../../../packages/millrace/src/index.ts'
import { serve } from '../../../packages/millrace/src/runtime/index.ts'
import { insist } from '../../../packages/millrace/src/run/insist.ts'
import { redis } from '../../../packages/millrace/src/store/redis/index.ts'
import { expectLog, newNonce, says, start } from '../../../packages/millrace/src/store/testing/fixtures.ts'
import { engine } from '../../support/engines.ts'
import { startRedisPair } from '../../support/redis-pair.ts'
import { until } from '../../support/run/faulty.ts'
import { KINDS } from '../chaos/kinds.ts'
import { judgeLog } from '../chaos/oracle/judge-log.ts'
import { readLog } from '../chaos/read-logs.ts'

const quiet = { warn: () => undefined, error: () => undefined }
/** In ms: more than any failover here takes. */
const PATIENCE = 20_000

test('a replica that was behind its primary: whoever wrote what it lacks is refused, by the offset or by the nonce alone', { timeout: 60_000 }, async (context) => {
  await using pair = await startRedisPair(engine('redis-server', context))
  const store = redis(pair.url, quiet)
  const [ahead, twice] = [await start(store), await start(store)]
  await store.append(ahead.run, ahead.lease, says(1, 'kept'))
  await store.append(twice.run, twice.lease, says(1, 'kept'))
  await pair.inStep()
  pair.fallBehind()
  await store.append(ahead.run, ahead.lease, says(2, 'lost'))
  const before = await store.acquire(twice.run, newNonce(), 60_000, { revoke: true })
  await store.append(twice.run, before!.lease, says(2, 'lost'))
  await pair.failOver()

  const after = await insist(() => store.acquire(twice.run, newNonce(), 60_000, { revoke: true }), PATIENCE)
  // The same fence and, soon, the same offset, a second time.
  expect(after!.lease.fence).toBe(before!.lease.fence)
  await store.append(twice.run, after!.lease, says(2, 'other'))
  await expect(store.append(twice.run, before!.lease, says(3, 'late'))).rejects.toMatchObject({ code: 'fenced' })
  await expect(store.append(twice.run, before!.lease, says(2, 'lost'))).rejects.toMatchObject({ code: 'fenced' })
  await expect(store.append(ahead.run, ahead.lease, says(3, 'late'))).rejects.toMatchObject({ code: 'regressed' })
  await expectLog(store, ahead.run, ['kept'], 'the log that was ahead')
  await expectLog(store, twice.run, ['kept', 'other'], 'the log whose offsets were issued twice')
  await store.close()
})

test('a replica that was behind its primary: readers are told `reset`, and the run goes on to one end', { timeout: 60_000 }, async (context) => {
  await using pair = await startRedisPair(engine('redis-server', context))
  const apps = [1, 2].map(() => createMillrace({ store: redis(pair.url, quiet), runs: KINDS, authenticate: anyone, lease: 1_000, logger: quiet }))
  const servers = await Promise.all(apps.map((app) => serve(app, { port: 0 })))
  const run = await createClient(servers[0]!.url).start('resume', { words: 300, pace: 10 })
  const heard: Entry[][] = servers.map(() => [])
  const readers = servers.map(async ({ url }, index) => {
    for await (const entry of createClient(url).open(run.id).follow()) heard[index]!.push(entry)
  })
  const outcomes = Promise.allSettled(readers)
  const heardBy = (count: number): Promise<void> => until(() => heard.every((entries) => (entries.at(-1)?.offset ?? 0) > count), 'the readers go on', PATIENCE)
  await heardBy(10)
  await pair.inStep()
  pair.fallBehind()
  const known = Math.max(...heard.map((entries) => entries.at(-1)?.offset ?? 0))
  await heardBy(known + 10)
  await pair.failOver()

  for (const outcome of await outcomes) expect(outcome).toMatchObject({ status: 'rejected', reason: { code: 'reset' } })
  const store = redis(pair.url, quiet)
  await until(async () => (await store.find(run.id))?.endedAt != null, 'the run ends', PATIENCE)
  const log = await readLog(store, (await store.find(run.id))!)
  expect(judgeLog({ ...log, rows: null })).toEqual([])
  expect(log.entries.at(-1)?.entry).toMatchObject({ type: 'end', status: 'completed', result: { words: 300 } })
  // What they were given beyond the place at which the logs part is in the log no more.
  for (const entries of heard) expect(log.entries.find(({ entry }) => entry.offset === entries.at(-1)?.offset)?.entry).not.toEqual(entries.at(-1))
  await store.close()
  await Promise.all(apps.map((app) => app.close()))
  await Promise.all(servers.map((server) => server.close()))
})
