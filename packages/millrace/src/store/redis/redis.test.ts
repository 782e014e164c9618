import { type TestContext, afterAll, describe, expect, test } from 'vitest'
import { engine } from '../../../../../test/support/engines.ts'
import { redisHarness, withIoredis, withNodeRedis, withUrl } from '../../../../../test/support/redis-harness.ts'
import { type RedisServer, startRedis } from '../../../../../test/support/redis-server.ts'
import { conformanceCases } from '../testing/cases.ts'
import { runHistories } from '../testing/histories.ts'

/** Random histories played; each waits out the times it is about. */
const RUNS = Number(process.env['MILLRACE_HISTORIES'] ?? 40)

let starting: Promise<RedisServer> | undefined
afterAll(async () => (await starting)?.[Symbol.asyncDispose]())

/** One server for all of them, started by the first. */
function serverFor(context: Pick<TestContext, 'skip'>): Promise<RedisServer> {
  const program = engine('redis-server', context)
  return (starting ??= startRedis(program))
}

const CLIENTS = {
  redis: ({ url }: RedisServer) => redisHarness(withNodeRedis(url)),
  ioredis: ({ port }: RedisServer) => redisHarness(withIoredis(port)),
}

for (const [client, harness] of Object.entries(CLIENTS)) {
  describe(`the Redis store with ${client}`, () => {
    for (const each of conformanceCases) test.concurrent(each.name, async (context) => each.run(harness(await serverFor(context))))
  })
}

test('plays random histories as the model does', async (context) => {
  const { url } = await serverFor(context)
  const seen = await runHistories(redisHarness(withUrl(url)), { runs: RUNS })
  for (const answer of ['append ok', 'append fenced', 'repeat ok', 'acquire ok', 'read ok', 'seal null', 'delete null']) {
    expect(seen.get(answer), answer).toBeGreaterThan(0)
  }
}, 600_000)
