import { expect, test } from 'vitest'
import { insist } from '../../../packages/millrace/src/run/insist.ts'
import { nats } from '../../../packages/millrace/src/store/nats/store.ts'
import type { Lease, RunId, Store } from '../../../packages/millrace/src/store/store.ts'
import { createOptions, expectLog, idPart, newNonce, says, start } from '../../../packages/millrace/src/store/testing/fixtures.ts'
import { LONG } from '../../../packages/millrace/src/store/testing/harness.ts'
import { type BadLine, badLine } from '../../support/bad-line.ts'
import { engine } from '../../support/engines.ts'
import { type NatsServer, startNats } from '../../support/nats-server.ts'
import { until } from '../../support/run/faulty.ts'

/** In ms: the client itself, left alone, would need minutes to notice. */
const PATIENCE = 20_000

interface Over extends AsyncDisposable {
  readonly store: Store
  readonly line: BadLine
}

/** A store that reaches the server over a line of its own. */
async function storeOver({ port }: NatsServer): Promise<Over> {
  const line = await badLine(() => ({ host: '127.0.0.1', port }))
  const store = nats(`nats://${line.host}:${String(line.port)}`, { warn: () => undefined })
  return {
    store, line,
    async [Symbol.asyncDispose]() {
      await store.close()
      await line[Symbol.asyncDispose]()
    },
  }
}

type Question = (store: Store, run: RunId, lease: Lease) => Promise<unknown>

const QUESTIONS: Readonly<Record<string, Question>> = {
  'an append': (store, run, lease) => store.append(run, lease, says(1, 'a')),
  'a takeover': (store, run) => store.acquire(run, newNonce(), LONG, { revoke: true }),
  'a look for work': (store) => store.list({ needs: 'owner', limit: 100 }),
  'a read': (store, run) => store.read(run, 0, 1_000_000),
}

/** Behind so many bytes of what the server says a connection is cut: a look for work is answered in several messages. */
const CUTS = [0, 150, 700, 2_000]

for (const [name, question] of Object.entries(QUESTIONS)) {
  test(`${name} whose answer goes with its connection is not waited for: who is never answered hears of it later`, { timeout: 60_000 }, async (context) => {
    await using server = await startNats(engine('nats-server', context))
    await using silent = await storeOver(server)
    const { run, lease } = await start(silent.store)
    for (const queued of Array.from({ length: 20 }, idPart)) await silent.store.create(queued, createOptions(queued, { ttl: 0 }))
    const ask = (store: Store): Promise<'answered' | 'refused'> => question(store, run, lease).then(() => 'answered', (error: unknown) => {
      expect(error).toMatchObject({ code: 'store_busy' })
      return 'refused'
    })
    const broken = await Promise.all(CUTS.map(() => storeOver(server)))
    silent.line.stall()
    const never = ask(silent.store).then(() => 'the silent one')
    // Asked after it: whoever waited as long as it does would be second.
    for (const { store } of broken) await store.find(run)
    for (const [i, { line }] of broken.entries()) line.cut(CUTS[i] ?? 0)
    const first = await Promise.all(broken.map(({ store }) => Promise.race([ask(store), never])))
    expect(first[0]).toBe('refused')
    expect(first).not.toContain('the silent one')
    await Promise.all(broken.map((each) => each[Symbol.asyncDispose]()))
  })
}

test('a write whose answer went with its connection is said again and stands there once', { timeout: 60_000 }, async (context) => {
  await using server = await startNats(engine('nats-server', context))
  await using broken = await storeOver(server)
  const { run, lease } = await start(broken.store)
  const texts = ['a', 'b', 'c', 'd']
  for (const [i, text] of texts.entries()) {
    broken.line.cut(i * 10)
    await insist(() => broken.store.append(run, lease, says(i + 1, text)), PATIENCE)
  }
  await expectLog(broken.store, run, texts, 'the log')
})

test('a server that is gone without a word is looked for again, also by whoever waits to be woken', { timeout: 60_000 }, async (context) => {
  await using server = await startNats(engine('nats-server', context))
  await using lost = await storeOver(server)
  await using other = await storeOver(server)
  const { run, lease } = await start(lost.store)
  const heard: (number | null)[] = []
  lost.store.watch(run, (batch) => heard.push(batch && batch.last))
  await until(() => heard.includes(null), 'it watches')

  lost.line.halfOpen()
  await insist(() => lost.store.append(run, lease, says(1, 'in the dark')), PATIENCE)
  await expectLog(lost.store, run, ['in the dark'], 'the log')
  // What is published before it listens again is not heard by it.
  await until(async () => {
    await other.store.append(run, lease, says((await other.store.find(run))!.tail, 'by another'))
    return heard.some((last) => last !== null && last > 2)
  }, 'it is woken again', PATIENCE)
})
