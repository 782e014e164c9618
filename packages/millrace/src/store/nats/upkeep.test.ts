import { jetstreamManager } from '@nats-io/jetstream'
import { type TestContext, afterAll, expect, test, vi } from 'vitest'
import { engine } from '../../../../../test/support/engines.ts'
import { connectedTo } from '../../../../../test/support/nats-harness.ts'
import { type NatsServer, startNats } from '../../../../../test/support/nats-server.ts'
import { createOptions, ends, idPart, newNonce, renews, says, start, startEnded } from '../testing/fixtures.ts'
import { LONG, SHORT } from '../testing/harness.ts'
import { nats } from './store.ts'

let starting: Promise<NatsServer> | undefined
afterAll(async () => (await starting)?.[Symbol.asyncDispose]())

interface Look extends AsyncDisposable {
  readonly url: string
  /** How many messages the stream of logs holds, and how many the stream of places beside the clock's. */
  held(prefix: string): Promise<readonly [number, number]>
  purge(stream: string, subject: string): Promise<void>
}

async function lookAt(context: Pick<TestContext, 'skip'>): Promise<Look> {
  const { url } = await (starting ??= startNats(engine('nats-server', context)))
  const connection = await connectedTo(url)
  const { streams } = await jetstreamManager(connection)
  return {
    url,
    async held(prefix) {
      const [logs, places] = await Promise.all([prefix, `${prefix}-places`].map((name) => streams.info(name)))
      return [logs?.state.messages ?? 0, (places?.state.messages ?? 0) - 1]
    },
    purge: async (stream, filter) => { await streams.purge(stream, { filter }) },
    [Symbol.asyncDispose]: () => connection.close(),
  }
}

test('what is over is freed by whoever comes by: first to a tombstone, then without a trace', async (context) => {
  await using look = await lookAt(context)
  const store = nats(look.url, { prefix: 'over' })
  for (const tombstone of [LONG, SHORT]) {
    const { run, lease } = await start(store, { policy: { retention: SHORT, tombstone } })
    await store.append(run, lease, { ...says(1, 'x'.repeat(300_000)), checkpoint: '1' })
    await store.signal(run, { id: 's', type: 'input', data: '1' })
    await store.touch(run, 'node', LONG)
    await store.append(run, lease, ends(2))
  }
  const kept = await start(store)
  await store.close()
  // A process looks when it comes, and every few seconds.
  const processes = [nats(look.url, { prefix: 'over' })]
  await vi.waitUntil(async () => {
    const another = nats(look.url, { prefix: 'over' })
    processes.push(another)
    await another.list({ needs: 'owner', limit: 1 })
    const [logs, places] = await look.held('over')
    // The run that is kept: its input, its message, its place and the note of its lease. The tombstone: its message and the note of its end.
    return logs === 3 && places === 3
  }, { timeout: 20_000, interval: 50 })
  expect((await processes[0]?.list({ limit: 9 }))?.map(({ id }) => id)).toEqual([kept.run])
  await Promise.all(processes.map((each) => each.close()))
})

test('a deletion leaves a tombstone and nothing else', async (context) => {
  await using look = await lookAt(context)
  const store = nats(look.url, { prefix: 'deleted' })
  const { run } = await startEnded(store)
  await store.touch(run, 'node', LONG)
  await store.delete(run)
  expect(await look.held('deleted')).toEqual([1, 1])
  await store.close()
})

test('a new checkpoint takes the room of the one before it', async (context) => {
  await using look = await lookAt(context)
  const store = nats(look.url, { prefix: 'checkpoints' })
  const { run, lease } = await start(store)
  const [before] = await look.held('checkpoints')
  for (let i = 0; i < 20; i++) await store.append(run, lease, { ...renews(1), checkpoint: String(i) })
  // Twenty messages of the log, and one checkpoint.
  await vi.waitUntil(async () => (await look.held('checkpoints'))[0] === before + 21)
  await store.close()
})

test('an end whose process died before it noted it is found to be packed all the same', async (context) => {
  await using look = await lookAt(context)
  const store = nats(look.url, { prefix: 'died' })
  const { run, lease } = await start(store, { ttl: SHORT })
  await store.append(run, { ...lease, ttl: SHORT }, ends(1))
  // As the end left it before anything was noted: only that the run has an owner until its lease runs out.
  const connection = await connectedTo(look.url)
  for (const reason of ['seal', 'expiry']) await look.purge('died-places', `died.place.${reason}.-.${run}`)
  connection.publish(`died.place.owner.-.${run}`, JSON.stringify([0, 0]))
  await connection.drain()
  expect(await store.list({ needs: 'seal', limit: 9 })).toEqual([])
  expect(await store.list({ needs: 'owner', limit: 9 })).toEqual([])
  expect((await store.list({ needs: 'seal', limit: 9 })).map(({ id }) => id)).toEqual([run])
  await store.close()
})

test('a place that was taken for a run that was never made is not listed, and the run can be made', async (context) => {
  await using look = await lookAt(context)
  const store = nats(look.url, { prefix: 'halfway' })
  const [run, other] = [idPart(), idPart()]
  await store.create(other, createOptions(other))
  await store.create(run, createOptions(run))
  await look.purge('halfway', `halfway.log.-.${run}`)
  expect((await store.list({ limit: 9 })).map(({ id }) => id)).toEqual([other])
  const { created } = await store.create(run, createOptions(run, { nonce: newNonce() }))
  expect(created).toBe(true)
  expect((await store.list({ limit: 9 })).map(({ id }) => id)).toEqual([run, other])
  await store.close()
})

test('sixty signals are each known by their id, and only those that wait ride along', async (context) => {
  await using look = await lookAt(context)
  const store = nats(look.url, { prefix: 'signals' })
  const { run, lease } = await start(store)
  const ids = Array.from({ length: 60 }, (_, i) => `signal ${String(i)}`)
  for (const id of ids) await store.signal(run, { id, type: 'input', data: '1' })
  await store.append(run, lease, { ...renews(1), consumed: 59 })
  for (const id of ids) await store.signal(run, { id, type: 'input', data: '2' })
  expect((await store.append(run, lease, renews(1))).signals).toEqual([{ id: 'signal 59', type: 'input', data: '1', seq: 60 }])
  await store.close()
})
