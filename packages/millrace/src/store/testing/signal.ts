import type { NewSignal } from '../store.ts'
import { equal, refused } from './check.ts'
import { atOnce, ends, expectLog, idPart, newNonce, renews, says, start, startEnded } from './fixtures.ts'
import { casesOf, LONG } from './harness.ts'
import type { ConformanceCase } from './harness.ts'

function signalOf(id: string): NewSignal {
  return { id, type: 'input', data: JSON.stringify({ said: id }) }
}

export const signalCases: readonly ConformanceCase[] = casesOf('signal', {
  async 'reaches the holder with its next write, in order, until it is consumed'(bench) {
    const { store } = bench
    const other = await bench.second()
    const { run, lease } = await start(store)
    for (const id of ['b', 'a', 'c']) await other.signal(run, signalOf(id))
    const all = [{ ...signalOf('b'), seq: 1 }, { ...signalOf('a'), seq: 2 }, { ...signalOf('c'), seq: 3 }]
    equal((await store.append(run, lease, renews(1))).signals, all, 'with a renewal')
    equal((await store.append(run, lease, says(1, 'x'))).signals, all, 'again, for nobody consumed them')
    equal((await store.append(run, lease, { ...says(2, 'y'), consumed: 2 })).signals, all.slice(2), 'the write that consumes two')
    equal((await store.append(run, lease, { ...renews(3), consumed: 3 })).signals, [], 'the write that consumes the third')
  },

  async 'consuming never goes back'({ store }) {
    const { run, lease } = await start(store)
    for (const id of ['a', 'b']) await store.signal(run, signalOf(id))
    await store.append(run, lease, { ...renews(1), consumed: 2 })
    equal((await store.append(run, lease, { ...renews(1), consumed: 1 })).signals, [], 'signals left')
  },

  async 'the same id twice is one signal'(bench) {
    const { run, lease } = await start(bench.store)
    await atOnce(bench, 6, (store) => store.signal(run, signalOf('same')))
    await bench.store.signal(run, { id: 'same', type: 'cancel', data: '"changed"' })
    equal((await bench.store.append(run, lease, renews(1))).signals, [{ ...signalOf('same'), seq: 1 }], 'signals')
  },

  async 'the same id is not a new signal after it was consumed'({ store }) {
    const { run, lease } = await start(store)
    await store.signal(run, signalOf('a'))
    await store.append(run, lease, { ...renews(1), consumed: 1 })
    await store.signal(run, signalOf('a'))
    await store.signal(run, signalOf('b'))
    equal((await store.append(run, lease, renews(1))).signals, [{ ...signalOf('b'), seq: 2 }], 'signals')
  },

  async 'many at once are numbered without a gap'(bench) {
    const { run, lease } = await start(bench.store)
    await atOnce(bench, 20, (store, i) => store.signal(run, signalOf(String(i))))
    const { signals } = await bench.store.append(run, lease, renews(1))
    equal(signals.map(({ seq }) => seq), Array.from({ length: 20 }, (_, i) => i + 1), 'numbers')
    equal(new Set(signals.map(({ id }) => id)).size, 20, 'ids')
  },

  async 'answers the record, which it does not change'({ store }) {
    const { run, created } = await start(store)
    equal(await store.signal(run, signalOf('a')), created.record, 'the answer')
    equal(await store.find(run), created.record, 'the record')
  },

  async 'waits for a holder, whatever happens to the lease'({ store }) {
    const { run, lease } = await start(store)
    await store.append(run, lease, { ...renews(1), release: 'waiting' })
    await store.signal(run, signalOf('a'))
    equal((await store.find(run))?.status, 'waiting', 'the status')
    const taken = await store.acquire(run, newNonce(), LONG)
    equal(taken?.signals.map(({ id }) => id), ['a'], 'the signals')
  },

  async 'on an ended run nothing happens'({ store }) {
    const { run } = await startEnded(store)
    const record = await store.find(run)
    equal(await store.signal(run, signalOf('a')), record, 'the answer')
    await expectLog(store, run, ['end'], 'the log')
  },

  async 'the answer to an end names the signals left over'({ store }) {
    const { run, lease } = await start(store)
    await store.signal(run, signalOf('a'))
    equal((await store.append(run, lease, ends(1))).signals.map(({ id }) => id), ['a'], 'signals')
  },

  async 'to an unknown run is not_found'({ store }) {
    await refused(store.signal(idPart(), signalOf('a')), 'not_found', 'signal')
  },
})
