import { type TestContext, afterAll, describe, expect, test } from 'vitest'
import { engine } from '../../../../../test/support/engines.ts'
import { postgresHarness, withPool, withUrl } from '../../../../../test/support/postgres-harness.ts'
import { type PostgresServer, startPostgres } from '../../../../../test/support/postgres-server.ts'
import { conformanceCases } from '../testing/cases.ts'
import { runHistories } from '../testing/histories.ts'

/** Random histories played; each waits out the times it is about. */
const RUNS = Number(process.env['MILLRACE_HISTORIES'] ?? 40)

let starting: Promise<PostgresServer> | undefined
afterAll(async () => (await starting)?.[Symbol.asyncDispose]())

/** One server for all of them, started by the first. */
function serverFor(context: Pick<TestContext, 'skip'>): Promise<PostgresServer> {
  const program = engine('postgres', context)
  return (starting ??= startPostgres(program))
}

const WAYS = {
  'a URL': ({ url }: PostgresServer) => postgresHarness(withUrl(url)),
  'a pool': ({ url }: PostgresServer) => postgresHarness(withPool(url)),
}

for (const [way, harness] of Object.entries(WAYS)) {
  describe(`the Postgres store with ${way}`, () => {
    for (const each of conformanceCases) {
      test.concurrent(each.name, { timeout: 60_000 }, async (context) => each.run(harness(await serverFor(context))))
    }
  })
}

test('plays random histories as the model does', async (context) => {
  const { url } = await serverFor(context)
  const seen = await runHistories(postgresHarness(withUrl(url)), { runs: RUNS })
  for (const answer of ['append ok', 'append fenced', 'repeat ok', 'acquire ok', 'read ok', 'seal null', 'delete null']) {
    expect(seen.get(answer), answer).toBeGreaterThan(0)
  }
}, 600_000)
