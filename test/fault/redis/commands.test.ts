import { expect, test, vi } from 'vitest'
import { Tails } from '../../../packages/millrace/src/run/tails.ts'
import { ends, says, start } from '../../../packages/millrace/src/store/testing/fixtures.ts'
import { budgetOf } from '../../support/budget.ts'
import { engine } from '../../support/engines.ts'
import { withNodeRedis, withUrl } from '../../support/redis-harness.ts'
import { ask, startRedis } from '../../support/redis-server.ts'

/** Scripts run so far: every command of the store is one. What a script calls in turn is not sent. */
async function scriptsRun(port: number): Promise<number> {
  const stats = await ask(port, ['INFO', 'commandstats'])
  return [...stats.matchAll(/cmdstat_eval(?:sha)?:calls=(\d+)/g)].reduce((sum, [, calls]) => sum + Number(calls), 0)
}

test('an append is one command, and readers at the tail in two processes cost none', async (context) => {
  await using server = await startRedis(engine('redis-server', context))
  const open = withNodeRedis(server.url)
  const stores = [open('budget'), open('budget')] as const
  const { run, lease, created } = await start(stores[0])
  const readers = stores.map((store) => {
    const tail = new Tails(store).of(created.record)
    const got: number[] = []
    tail.join({ onBatch: (batch) => got.push(batch.last), onLost: (error) => { throw error } })
    return { tail, got }
  })
  // The first entry comes when every subscription stands; what a tail reads before that is not counted.
  await vi.waitUntil(async () => (await ask(server.port, ['PUBSUB', 'NUMSUB', await channel(server.port)])).endsWith('2'))
  await stores[0].append(run, lease, says(1, 'first'))
  await vi.waitUntil(() => readers.every(({ got }) => got.includes(2)))
  const before = await scriptsRun(server.port)
  for (let tail = 2; tail < 102; tail++) await stores[0].append(run, lease, says(tail, String(tail)))
  await vi.waitUntil(() => readers.every(({ got }) => got.includes(102)))
  expect(await scriptsRun(server.port) - before).toBe(100)
  for (const { got } of readers) expect(got).toEqual(Array.from({ length: 101 }, (_, i) => i + 2))
  await stores[0].append(run, lease, ends(102))
  await vi.waitUntil(() => readers.every(({ tail }) => tail.ended))
  await Promise.all(stores.map((store) => store.close()))
})

function channel(port: number): Promise<string> {
  return ask(port, ['PUBSUB', 'CHANNELS', '*'])
}

test('at full speed each of a hundred runs costs at most 20 commands however much it says, and a late reader two', { timeout: 60_000 }, async (context) => {
  await using server = await startRedis(engine('redis-server', context))
  const store = withUrl(server.url)('speed')
  const count = (): Promise<number> => scriptsRun(server.port)
  const { run, lateJoin } = await budgetOf(store, count)
  expect(run).toBeLessThanOrEqual(20)
  expect(lateJoin).toBe(2)
})
