import { expect, test, vi } from 'vitest'
import { Tails } from '../../../packages/millrace/src/run/tails.ts'
import { batchesOf, ends, renews, says, start } from '../../../packages/millrace/src/store/testing/fixtures.ts'
import { packed } from '../../../packages/millrace/src/store/testing/pack.ts'
import { LONG } from '../../../packages/millrace/src/store/testing/harness.ts'
import { budgetOf } from '../../support/budget.ts'
import { engine } from '../../support/engines.ts'
import { freePort } from '../../support/free-port.ts'
import { withUrl } from '../../support/nats-harness.ts'
import { type NatsServer, startNats } from '../../support/nats-server.ts'

/** A server that counts what it is sent. */
interface Counting extends AsyncDisposable {
  readonly server: NatsServer
  ask(what: 'in_msgs' | 'connections'): Promise<number>
  /** How many subscriptions there are to hear of runs. Others come and go with questions. */
  wakes(): Promise<number>
}

async function startCounting(program: string): Promise<Counting> {
  const port = await freePort()
  const server = await startNats(program, { settings: [`http: "127.0.0.1:${String(port)}"`] })
  return {
    server,
    async ask(what) {
      const response = await fetch(`http://127.0.0.1:${String(port)}/varz`)
      return ((await response.json()) as Record<typeof what, number>)[what]
    },
    async wakes() {
      const response = await fetch(`http://127.0.0.1:${String(port)}/connz?subs=1`)
      const { connections } = (await response.json()) as { readonly connections: readonly { readonly subscriptions_list?: readonly string[] }[] }
      return connections.flatMap(({ subscriptions_list = [] }) => subscriptions_list).filter((subject) => subject.includes('.wake.')).length
    },
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  }
}

test('an append is one message, and readers at the tail in two processes cost none', async (context) => {
  await using counting = await startCounting(engine('nats-server', context))
  const open = withUrl(counting.server.url)
  const stores = [await open('budget'), await open('budget')] as const
  const { run, lease, created } = await start(stores[0])
  const readers = stores.map((store) => {
    const tail = new Tails(store).of(created.record)
    const got: number[] = []
    tail.join({ onBatch: (batch) => got.push(batch.last), onLost: (error) => { throw error } })
    return { tail, got }
  })
  // The first entries come when every subscription stands; what a tail reads before that is not counted.
  for (let tail = 1; tail < 5; tail++) {
    await stores[0].append(run, lease, says(tail, String(tail)))
    await vi.waitUntil(() => readers.every(({ got }) => got.includes(tail + 1)))
  }
  const rounds: number[] = []
  for (const first of [5, 30, 55, 80]) {
    const before = await counting.ask('in_msgs')
    for (let tail = first; tail < first + 25; tail++) await stores[0].append(run, lease, says(tail, String(tail)))
    await vi.waitUntil(() => readers.every(({ got }) => got.includes(first + 25)))
    rounds.push(await counting.ask('in_msgs') - before)
  }
  // A reader that has heard nothing for some seconds looks by itself, and a writer that paused for one asks first: not in every round.
  expect(Math.min(...rounds)).toBe(25)
  for (const { got } of readers) expect(got.slice(-104)).toEqual(Array.from({ length: 104 }, (_, i) => i + 2))
  await stores[0].append(run, lease, ends(105))
  await vi.waitUntil(() => readers.every(({ tail }) => tail.ended))
  await Promise.all(stores.map((store) => store.close()))
})

test('a process has one connection, however many runs it writes and follows', async (context) => {
  await using counting = await startCounting(engine('nats-server', context))
  const store = await withUrl(counting.server.url)('many')
  const runs = await Promise.all(Array.from({ length: 50 }, () => start(store)))
  const leaving = runs.map(({ run }) => [store.watch(run, () => undefined), store.watch(run, () => undefined)])
  await Promise.all(runs.map(({ run, lease }) => store.append(run, lease, says(1, 'a'))))
  await vi.waitUntil(async () => await counting.wakes() === 50)
  expect(await counting.ask('connections')).toBe(1)
  for (const leave of leaving.flat()) leave()
  await vi.waitUntil(async () => await counting.wakes() === 0)
  await store.close()
})

test('a list asks for its own records, however many runs there are', async (context) => {
  await using counting = await startCounting(engine('nats-server', context))
  const store = await withUrl(counting.server.url)('list')
  for (let i = 0; i < 300; i++) await start(store, { ttl: LONG, principal: i % 100 === 0 ? 'ada' : 'bob' })
  const asked = async (filter: Parameters<typeof store.list>[0]): Promise<readonly [number, number]> => {
    const before = await counting.ask('in_msgs')
    const { length } = await store.list(filter)
    // Who looks for work also looks, beside that, for what is over: a few messages more.
    return [length, await counting.ask('in_msgs') - before]
  }
  expect(await asked({ limit: 10 })).toEqual([10, expect.toSatisfy((messages: number) => messages < 45)])
  expect(await asked({ principal: 'ada', limit: 10 })).toEqual([3, expect.toSatisfy((messages: number) => messages < 20)])
  expect(await asked({ needs: 'owner', limit: 32 })).toEqual([0, expect.toSatisfy((messages: number) => messages < 10)])
  await store.close()
})

test('who comes late to a packed log asks for a few messages, however long it was', async (context) => {
  await using counting = await startCounting(engine('nats-server', context))
  const store = await withUrl(counting.server.url)('late')
  const { run, lease } = await start(store)
  for (let tail = 1; tail < 300; tail++) await store.append(run, lease, says(tail, String(tail)))
  await store.append(run, lease, ends(300))
  await store.seal(run, { segments: [packed(await batchesOf(store, run))], snapshot: null })
  const before = await counting.ask('in_msgs')
  const { batches } = await store.read(run, 0, 1_000_000)
  expect(batches.at(-1)?.last).toBe(301)
  // The newest message, the table of segments, the segment.
  expect(await counting.ask('in_msgs') - before).toBeLessThanOrEqual(3)
  await store.close()
})

test('who comes late to a log that is not packed asks for pages, not for every entry', async (context) => {
  await using counting = await startCounting(engine('nats-server', context))
  const [writer, reader] = [await withUrl(counting.server.url)('live'), await withUrl(counting.server.url)('live')]
  const { run, lease } = await start(writer)
  for (let tail = 1; tail < 300; tail++) await writer.append(run, lease, says(tail, String(tail)))
  await writer.append(run, lease, renews(300))
  await reader.find(run)
  const before = await counting.ask('in_msgs')
  expect((await reader.read(run, 0, 1_000_000)).batches).toHaveLength(300)
  expect(await counting.ask('in_msgs') - before).toBeLessThanOrEqual(15)
  expect((await reader.read(run, 150, 1_000_000)).batches).toHaveLength(150)
  await Promise.all([writer.close(), reader.close()])
})

test('at full speed each of a hundred runs costs at most 50 messages however much it says, and a late reader two', { timeout: 60_000 }, async (context) => {
  await using counting = await startCounting(engine('nats-server', context))
  const store = await withUrl(counting.server.url)('speed')
  const count = (): Promise<number> => counting.ask('in_msgs')
  const { run, lateJoin } = await budgetOf(store, count)
  expect(run).toBeLessThanOrEqual(50)
  // The newest message, twice; the table of segments and this small segment are kept from the reader before.
  expect(lateJoin).toBe(2)
})
