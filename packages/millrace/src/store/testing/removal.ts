import type { RunId, Store } from '../store.ts'
import { equal, refused, truthy } from './check.ts'
import { createOptions, ends, expectLog, idPart, newNonce, renews, says, start, startEnded } from './fixtures.ts'
import { casesOf, LONG, SHORT } from './harness.ts'
import type { ConformanceCase } from './harness.ts'

async function refusesAll(store: Store, run: RunId, code: 'gone' | 'not_found'): Promise<void> {
  await refused(store.read(run, 0, 1000), code, 'read')
  await refused(store.load(run), code, 'load')
  await refused(store.acquire(run, newNonce(), LONG), code, 'acquire')
  await refused(store.append(run, { fence: 1, nonce: newNonce(), ttl: LONG }, renews(1)), code, 'append')
  await refused(store.signal(run, { id: 's', type: 'cancel', data: 'null' }), code, 'signal')
  await refused(store.seal(run, { segments: [], snapshot: null }), code, 'seal')
}

export const removalCases: readonly ConformanceCase[] = [
  ...casesOf('delete', {
    async 'leaves a tombstone, which tells whose the run was but not what it said'({ store }) {
      const { run } = await startEnded(store)
      const before = await store.find(run)
      await store.delete(run)
      const record = await store.find(run)
      truthy(before && record?.deletedAt != null && record.deletedAt >= before.createdAt, 'deletedAt is set')
      equal({ ...record, deletedAt: null }, { ...before, title: '' }, 'the rest of the record')
      await refusesAll(store, run, 'gone')
    },

    async 'of a running run stops its holder'(bench) {
      const { run, lease } = await start(bench.store)
      await (await bench.second()).delete(run)
      await refused(bench.store.append(run, lease, says(1, 'x')), 'gone', 'entries')
      await refused(bench.store.append(run, lease, ends(1)), 'gone', 'an end')
      equal((await bench.store.find(run))?.leaseUntil, 0, 'nobody holds it')
    },

    async 'a second time changes nothing'(bench) {
      const { run } = await startEnded(bench.store)
      await bench.store.delete(run)
      const record = await bench.store.find(run)
      await bench.advance(SHORT)
      await bench.store.delete(run)
      equal(await bench.store.find(run), record, 'the tombstone')
    },

    async 'the tombstone goes too, without a trace'(bench) {
      const { run } = await start(bench.store, { policy: { retention: LONG, tombstone: SHORT } })
      await bench.store.delete(run)
      await bench.advance(2 * SHORT)
      equal(await bench.store.find(run), null, 'find')
      await refusesAll(bench.store, run, 'not_found')
      await refused(bench.store.delete(run), 'not_found', 'delete')
    },

    async 'of an unknown run is not_found'({ store }) {
      await refused(store.delete(idPart()), 'not_found', 'delete')
    },

    async 'takes nothing of other runs with it'({ store }) {
      const group = idPart()
      const kept = await start(store)
      const inGroup = `${group}.${idPart()}`
      await store.create(inGroup, createOptions(inGroup))
      await store.create(group, createOptions(group))
      await store.delete(group)
      await expectLog(store, inGroup, [], 'a run of the group that has the same name')
      await store.append(kept.run, kept.lease, says(1, 'a'))
      await expectLog(store, kept.run, ['a'], 'another run')
    },
  }),

  ...casesOf('expiry', {
    async 'data goes when its retention has passed, and a tombstone stays'(bench) {
      const { run } = await startEnded(bench.store, { policy: { retention: SHORT, tombstone: LONG } })
      await bench.advance(2 * SHORT)
      const record = await (await bench.second()).find(run)
      truthy(record?.endedAt != null, 'the tombstone knows when the run ended')
      equal([record.deletedAt, record.title, record.status], [record.endedAt + SHORT, '', 'completed'], 'the tombstone')
      await refusesAll(bench.store, run, 'gone')
      await bench.store.delete(run)
      equal(await bench.store.find(run), record, 'delete changes nothing')
    },

    async 'the tombstone goes after its own time, without a trace'(bench) {
      const { run } = await startEnded(bench.store, { policy: { retention: SHORT, tombstone: SHORT } })
      await bench.advance(3 * SHORT)
      equal(await bench.store.find(run), null, 'find')
      await refusesAll(bench.store, run, 'not_found')
    },

    async 'counts from the end: a run that goes on does not expire'(bench) {
      const { store } = bench
      const policy = { retention: SHORT, tombstone: SHORT }
      const { run, lease } = await start(store, { policy, ttl: SHORT })
      const queued = idPart()
      await store.create(queued, createOptions(queued, { policy, ttl: 0 }))
      await bench.advance(4 * SHORT)
      await expectLog(store, queued, [], 'a queued run')
      await store.append(run, { ...lease, ttl: LONG }, says(1, 'still here'))
      await expectLog(store, run, ['still here'], 'a running run')
    },

    async 'each run has its own times'(bench) {
      const { store } = bench
      const long = await startEnded(store, { policy: { retention: LONG, tombstone: SHORT } })
      const short = await startEnded(store, { policy: { retention: SHORT, tombstone: LONG } })
      await bench.advance(3 * SHORT)
      await refused(store.read(short.run, 0, 1000), 'gone', 'the one that is short')
      await expectLog(store, long.run, ['end'], 'the one that is long')
    },
  }),
]
