import { expect, test } from 'vitest'
import { insist } from '../../../packages/millrace/src/run/insist.ts'
import { redis } from '../../../packages/millrace/src/store/redis/index.ts'
import { start } from '../../../packages/millrace/src/store/testing/fixtures.ts'
import { badLine } from '../../support/bad-line.ts'
import { engine } from '../../support/engines.ts'
import { startRedis } from '../../support/redis-server.ts'
import { until } from '../../support/run/faulty.ts'

/** In ms. The package's own waits, which grow to two seconds, would let twenty tries take more than 30 s. */
const TIME = 25_000
const TRIES = 20

test('a server that stays away is tried again as often as in the beginning, and found when it is back', { timeout: 60_000 }, async (context) => {
  await using server = await startRedis(engine('redis-server', context))
  let [isAway, tries] = [false, 0]
  await using line = await badLine(() => {
    tries += 1
    return isAway ? null : { host: '127.0.0.1', port: server.port }
  })
  const store = redis(`redis://${line.host}:${String(line.port)}`, { warn: () => undefined })
  const { run } = await start(store)
  isAway = true
  line.cut(0)
  tries = 0
  await expect(store.find(run)).rejects.toMatchObject({ code: 'store_busy' })
  await until(() => tries >= TRIES, 'it was tried', TIME)
  isAway = false
  expect(await insist(() => store.find(run), TIME)).toMatchObject({ id: run })
  await store.close()
})
