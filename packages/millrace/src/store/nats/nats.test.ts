import { type TestContext, afterAll, describe, expect, test } from 'vitest'
import { engine } from '../../../../../test/support/engines.ts'
import { natsHarness, withConnection, withUrl } from '../../../../../test/support/nats-harness.ts'
import { type NatsServer, startNats } from '../../../../../test/support/nats-server.ts'
import { conformanceCases } from '../testing/cases.ts'
import { runHistories } from '../testing/histories.ts'

/** Random histories played; each waits out the times it is about. */
const RUNS = Number(process.env['MILLRACE_HISTORIES'] ?? 40)

let starting: Promise<NatsServer> | undefined
afterAll(async () => (await starting)?.[Symbol.asyncDispose]())

/** One server for all of them, started by the first. */
function serverFor(context: Pick<TestContext, 'skip'>): Promise<NatsServer> {
  const program = engine('nats-server', context)
  return (starting ??= startNats(program))
}

const CLIENTS = {
  'a URL': ({ url }: NatsServer) => natsHarness(url, withUrl(url)),
  'a connection': ({ url }: NatsServer) => natsHarness(url, withConnection(url)),
}

for (const [client, harness] of Object.entries(CLIENTS)) {
  describe(`the NATS store with ${client}`, () => {
    for (const each of conformanceCases) {
      test.concurrent(each.name, { timeout: 60_000 }, async (context) => each.run(harness(await serverFor(context))))
    }
  })
}

test('plays random histories as the model does', async (context) => {
  const { url } = await serverFor(context)
  const seen = await runHistories(natsHarness(url, withUrl(url)), { runs: RUNS })
  for (const answer of ['append ok', 'append fenced', 'repeat ok', 'acquire ok', 'read ok', 'seal null', 'delete null']) {
    expect(seen.get(answer), answer).toBeGreaterThan(0)
  }
}, 600_000)
