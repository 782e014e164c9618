import { type TestContext, afterAll, describe, test } from 'vitest'
import { engine } from '../../../../../test/support/engines.ts'
import { redisHarness, withIoredisCluster, withNodeRedisCluster } from '../../../../../test/support/redis-harness.ts'
import { startRedisCluster } from '../../../../../test/support/redis-server.ts'
import { conformanceCases } from '../testing/cases.ts'

type RedisCluster = Awaited<ReturnType<typeof startRedisCluster>>

let starting: Promise<RedisCluster> | undefined
afterAll(async () => (await starting)?.[Symbol.asyncDispose]())

function clusterFor(context: Pick<TestContext, 'skip'>): Promise<RedisCluster> {
  const program = engine('redis-server', context)
  return (starting ??= startRedisCluster(program))
}

const CLIENTS = {
  redis: ({ ports }: RedisCluster) => redisHarness(withNodeRedisCluster(ports)),
  ioredis: ({ ports }: RedisCluster) => redisHarness(withIoredisCluster(ports)),
}

for (const [client, harness] of Object.entries(CLIENTS)) {
  describe(`the Redis store on a cluster of three with ${client}`, () => {
    for (const each of conformanceCases) {
      test.concurrent(each.name, { timeout: 60_000 }, async (context) => each.run(harness(await clusterFor(context))))
    }
  })
}
