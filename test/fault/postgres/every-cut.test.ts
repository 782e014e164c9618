import { expect, test } from 'vitest'
import { insist } from '../../../packages/millrace/src/run/insist.ts'
import { postgres } from '../../../packages/millrace/src/store/postgres/store.ts'
import { expectLog, says, start } from '../../../packages/millrace/src/store/testing/fixtures.ts'
import { type BadLine, badLine } from '../../support/bad-line.ts'
import { engine } from '../../support/engines.ts'
import { startPostgres } from '../../support/postgres-server.ts'

/** Calls at a time: so many connections are in use when they are cut. */
const WRITERS = 3

/** From one place of a cut to the next, in bytes: a prime, so that what repeats itself is cut in different places. */
const STEP = 7

// Vitest fails a run in which an error was caught by nobody, which would have ended the process of a user.
test('connections that break behind ever later bytes of what the server says fail the calls that use them, and nothing else', { timeout: 180_000 }, async (context) => {
  await using server = await startPostgres(engine('postgres', context))
  let bytes = Infinity
  await using line: BadLine = await badLine(() => {
    // Once the connection is among those that are open.
    queueMicrotask(() => line.cut(bytes))
    return { host: '127.0.0.1', port: server.port }
  })
  const store = postgres(server.url.replace(String(server.port), String(line.port)), { warn: () => undefined })
  const runs = await Promise.all(Array.from({ length: WRITERS }, () => start(store)))
  // The connection that listens is cut like every other.
  store.watch(runs[0]!.run, () => undefined)
  let cuts = 0
  const append = ({ run, lease }: (typeof runs)[number]): Promise<boolean> => store.append(run, lease, says(1, 'once')).then(() => true, (error: unknown) => {
    expect(error).toMatchObject({ code: 'store_busy' })
    cuts += 1
    return false
  })
  // From the first byte on: the greeting, the settings, the answer.
  bytes = 0
  for (let isWhole = false; !isWhole; bytes += STEP) {
    line.cut(0)
    isWhole = (await Promise.all(runs.map(append))).every(Boolean)
  }
  bytes = Infinity
  line.cut(0)
  for (const { run, lease } of runs) await insist(() => store.append(run, lease, says(1, 'once')), 20_000)
  expect(cuts).toBeGreaterThan(WRITERS)
  for (const { run } of runs) await expectLog(store, run, ['once'], 'the log')
  await store.close()
})
