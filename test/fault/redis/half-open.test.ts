import { test } from 'vitest'
import { insist } from '../../../packages/millrace/src/run/insist.ts'
import { redis } from '../../../packages/millrace/src/store/redis/index.ts'
import { expectLog, says, start } from '../../../packages/millrace/src/store/testing/fixtures.ts'
import { badLine } from '../../support/bad-line.ts'
import { engine } from '../../support/engines.ts'
import { startRedis } from '../../support/redis-server.ts'
import { until } from '../../support/run/faulty.ts'

/** In ms: TCP itself would need a quarter of an hour to notice. */
const PATIENCE = 20_000

test('a server that is gone without a word is looked for again, also by whoever waits to be woken', { timeout: 60_000 }, async (context) => {
  await using server = await startRedis(engine('redis-server', context))
  await using line = await badLine(() => ({ host: '127.0.0.1', port: server.port }))
  const store = redis(`redis://${line.host}:${String(line.port)}`, { warn: () => undefined })
  const other = redis(server.url, { warn: () => undefined })
  const { run, lease } = await start(store)
  const heard: (number | null)[] = []
  store.watch(run, (batch) => heard.push(batch && batch.last))
  await until(() => heard.includes(null), 'it watches')

  line.halfOpen()
  await insist(() => store.append(run, lease, says(1, 'in the dark')), PATIENCE)
  await expectLog(store, run, ['in the dark'], 'the log')
  // What is published before it listens again is not heard by it.
  await until(async () => {
    await other.append(run, lease, says((await other.find(run))!.tail, 'by another'))
    return heard.some((last) => last !== null && last > 2)
  }, 'it is woken again', PATIENCE)
  await Promise.all([store.close(), other.close()])
})
