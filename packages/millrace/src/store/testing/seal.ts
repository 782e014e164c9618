import type { Batch } from '../../event/batch.ts'
import type { RunId, Store } from '../store.ts'
import { equal, outcomeOf, refused, truthy } from './check.ts'
import { batchesOf, ends, entriesIn, idPart, joined, newNonce, says, startSaying } from './fixtures.ts'
import { casesOf, LONG } from './harness.ts'
import type { ConformanceCase } from './harness.ts'
import { packed } from './pack.ts'

/** Every read from every offset: sealing may join deltas, so they are compared joined. */
async function allReads(store: Store, run: RunId, tail: number): Promise<unknown[]> {
  return Promise.all(Array.from({ length: tail + 1 }, async (_, after) => joined(await entriesIn(store, run, after))))
}

/** An ended run of ten rows under two leases, and its rows. */
async function sealable(store: Store): Promise<{ run: RunId; rows: Batch[] }> {
  const { run, lease } = await startSaying(store, ['Hé', 'llo', ' 雨🌧', 'x'])
  const taken = await store.acquire(run, newNonce(), LONG, { revoke: true })
  truthy(taken, 'the takeover succeeds')
  await refused(store.append(run, lease, says(5, 'no')), 'fenced', 'the former holder')
  await store.append(run, taken.lease, says(5, 'a', 'b', 'c'))
  await store.append(run, taken.lease, says(8, 'd'))
  await store.append(run, taken.lease, ends(9))
  return { run, rows: await batchesOf(store, run) }
}

function byEpoch(rows: readonly Batch[]): Batch[] {
  return [...new Set(rows.map((row) => row.epoch))].map((epoch) => packed(rows.filter((row) => row.epoch === epoch)))
}

export const sealCases: readonly ConformanceCase[] = casesOf('seal', {
  async 'of a whole log changes nothing that can be read'(bench) {
    const { store } = bench
    const { run, rows } = await sealable(store)
    const before = await allReads(store, run, 10)
    const segments = byEpoch(rows)
    await store.seal(run, { segments, snapshot: '{"text":"Héllo"}' })
    equal(await allReads(await bench.second(), run, 10), before, 'every read')
    equal((await store.read(run, 0, 100_000)).batches, segments, 'the segments, byte for byte')
    const { record, snapshot } = await store.load(run)
    equal([record.sealedTo, record.tail, snapshot], [10, 10, '{"text":"Héllo"}'], 'record and snapshot')
  },

  async 'may begin with a part of the log and go on later'({ store }) {
    const { run, rows } = await sealable(store)
    const before = await allReads(store, run, 10)
    const [one, two] = byEpoch(rows)
    truthy(one && two, 'two segments')
    await store.seal(run, { segments: [one], snapshot: null })
    equal((await store.find(run))?.sealedTo, one.last, 'sealed to the end of the first')
    equal(await allReads(store, run, 10), before, 'every read, half sealed')
    await store.seal(run, { segments: [two], snapshot: '"s"' })
    equal((await store.find(run))?.sealedTo, 10, 'sealed to the end')
    equal(await allReads(store, run, 10), before, 'every read')
    equal((await store.load(run)).snapshot, '"s"', 'the snapshot')
  },

  async 'of a run that is written to lets its writer go on'({ store }) {
    const { run, lease } = await startSaying(store, ['a', 'b', 'c'])
    const rows = await batchesOf(store, run)
    await store.seal(run, { segments: [packed(rows.slice(0, 3))], snapshot: null })
    await store.append(run, lease, says(4, 'd'))
    const entries = joined(await entriesIn(store, run))
    equal(entries.map((entry) => (entry.type === 'delta' ? entry.text : entry.type)), ['start', 'abcd'], 'the log')
  },

  async 'does not make the retry of the last write a conflict'({ store }) {
    const { run, lease } = await startSaying(store, ['a', 'b'])
    await store.seal(run, { segments: [packed(await batchesOf(store, run))], snapshot: null })
    equal((await store.append(run, lease, says(2, 'b'))).tail, 3, 'the retry of a text')
    await refused(store.append(run, lease, says(2, 'x')), 'conflict', 'other bytes')
    await store.append(run, lease, ends(3))
    await store.seal(run, { segments: [packed((await batchesOf(store, run)).slice(-1))], snapshot: null })
    equal((await store.append(run, lease, ends(3))).tail, 4, 'the retry of the end')
  },

  async 'twice, late or by two at once is the same as once'(bench) {
    const { store } = bench
    const { run, rows } = await sealable(store)
    const before = await allReads(store, run, 10)
    const segments = byEpoch(rows)
    const other = await bench.second()
    await Promise.all([store, other, store, other].map((each) => each.seal(run, { segments, snapshot: '"s"' })))
    await store.seal(run, { segments: segments.slice(0, 1), snapshot: '"older"' })
    await store.seal(run, { segments: [], snapshot: '"of nothing"' })
    equal((await store.read(run, 0, 100_000)).batches, segments, 'the segments')
    equal([(await store.find(run))?.sealedTo, (await store.load(run)).snapshot], [10, '"s"'], 'record and snapshot')
    equal(await allReads(store, run, 10), before, 'every read')
  },

  async 'refuses what would lose or double entries, and changes nothing then'({ store }) {
    const { run, rows } = await sealable(store)
    const before = await allReads(store, run, 10)
    const [one, two] = byEpoch(rows)
    truthy(one && two, 'two segments')
    const attempts: readonly (readonly [string, readonly Batch[], 'conflict' | 'regressed'])[] = [
      ['a hole before it', [two], 'conflict'],
      ['a hole inside it', [one, packed(rows.slice(-1))], 'conflict'],
      ['an overlap', [packed(rows), two], 'conflict'],
      ['half a row', [{ ...packed(rows.slice(0, 6)), last: 7 }], 'conflict'],
      ['more than the log', [{ ...packed(rows), last: 11 }], 'regressed'],
    ]
    for (const [what, segments, code] of attempts) {
      await refused(store.seal(run, { segments, snapshot: '"lost"' }), code, what)
    }
    equal(await allReads(store, run, 10), before, 'every read')
    equal([(await store.find(run))?.sealedTo, (await store.load(run)).snapshot], [0, null], 'record and snapshot')
  },

  async 'by two who cut differently leaves one whole log'(bench) {
    const { run, rows } = await sealable(bench.store)
    const before = await allReads(bench.store, run, 10)
    const other = await bench.second()
    const coarse = byEpoch(rows)
    const fine = rows.map((row) => packed([row]))
    await Promise.all([
      outcomeOf(bench.store.seal(run, { segments: coarse, snapshot: null })),
      outcomeOf(other.seal(run, { segments: fine.slice(0, 3), snapshot: null })),
      outcomeOf(other.seal(run, { segments: fine, snapshot: null })),
    ])
    equal(await allReads(bench.store, run, 10), before, 'every read')
    equal((await bench.store.find(run))?.sealedTo, 10, 'sealed to the end')
  },

  async 'while somebody reads shows either form, never neither'(bench) {
    const { run, rows } = await sealable(bench.store)
    const other = await bench.second()
    const before = joined(await entriesIn(bench.store, run))
    const reads = Array.from({ length: 20 }, async () => {
      equal(joined(await entriesIn(other, run, 0, 50)), before, 'a read in small pages')
    })
    await Promise.all([bench.store.seal(run, { segments: byEpoch(rows), snapshot: null }), ...reads])
  },

  async 'of an unknown run is not_found'({ store }) {
    await refused(store.seal(idPart(), { segments: [], snapshot: null }), 'not_found', 'seal')
  },
})
