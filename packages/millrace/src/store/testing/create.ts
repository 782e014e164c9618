import { epochOf } from '../../event/cursor.ts'
import { equal, refused, truthy } from './check.ts'
import { atOnce, createOptions, ends, expectLog, idPart, newNonce, says, start, startEnded } from './fixtures.ts'
import { casesOf, LONG, SHORT } from './harness.ts'
import type { ConformanceCase } from './harness.ts'

export const createCases: readonly ConformanceCase[] = casesOf('create', {
  async 'without a ttl the run is queued and nobody holds it'({ store }) {
    const run = idPart()
    const options = createOptions(run, { ttl: 0 })
    const { created, lease, record } = await store.create(run, options)
    equal([created, lease], [true, null], 'a queued run is created without a lease')
    const { createdAt, ...rest } = record
    truthy(createdAt > 0, 'createdAt is a time')
    equal(rest, {
      id: run, kind: 'answer', principal: 'ada', title: 'A question', digest: 'digest-1', status: 'queued', tail: 1,
      epochs: [{ from: 1, epoch: epochOf(options.nonce) }], fence: 0, losses: 0, leaseUntil: 0, endedAt: null, sealedTo: 0, deletedAt: null,
    }, 'the record of a queued run')
    equal(await store.find(run), record, 'find gives the record that create gave')
  },

  async 'with a ttl the creator holds the first lease'({ store }) {
    const run = idPart()
    const options = createOptions(run, { ttl: LONG })
    const { lease, record } = await store.create(run, options)
    equal(lease, { fence: 1, nonce: options.nonce, ttl: LONG }, 'the lease')
    equal([record.status, record.fence], ['running', 1], 'status and fence')
    equal(record.leaseUntil, record.createdAt + LONG, 'when the lease runs out')
  },

  async 'entry 1 is the start, byte for byte, under the epoch of the nonce'({ store }) {
    const run = idPart()
    const options = createOptions(run)
    await store.create(run, options)
    const { batches } = await store.read(run, 0, 1000)
    const expected = { first: 1, last: 1, epoch: epochOf(options.nonce), bytes: options.start, parts: null, head: null }
    equal(batches, [expected], 'the first batch')
  },

  async 'another call finds the run that is there and changes nothing'({ store }) {
    const { run, lease } = await start(store)
    const again = await store.create(run, createOptions(run, { input: '"other"', title: 'Other', principal: 'bob' }))
    equal([again.created, again.lease], [false, null], 'the second call creates nothing')
    equal([again.record.title, again.record.principal], ['A question', 'ada'], 'the record is the first one')
    equal((await store.load(run)).input, '{"message":"Why?"}', 'the input is the first one')
    await store.append(run, lease, says(1, 'a'))
    await expectLog(store, run, ['a'], 'the creator goes on')
  },

  async 'a retry of the same call is answered as the first time'(bench) {
    const run = idPart()
    const options = createOptions(run)
    const first = await bench.store.create(run, options)
    const retry = await (await bench.second()).create(run, options)
    equal([retry.created, retry.lease], [true, first.lease], 'the retry is given the same lease')
    truthy(retry.lease, 'there is a lease')
    await bench.store.append(run, retry.lease, says(1, 'a'))
    await expectLog(bench.store, run, ['a'], 'there is one start')
  },

  async 'a retry that comes after a takeover holds a lease that is fenced'({ store }) {
    const run = idPart()
    const options = createOptions(run)
    await store.create(run, options)
    await store.acquire(run, newNonce(), LONG, { revoke: true })
    const { created, lease } = await store.create(run, options)
    truthy(created && lease, 'the retry still learns that it made the run')
    await refused(store.append(run, lease, says(1, 'a')), 'fenced', 'its write')
  },

  async 'of many calls at once exactly one creates'(bench) {
    const run = idPart()
    const calls = await atOnce(bench, 10, (store) => store.create(run, createOptions(run)))
    const created = calls.filter((call) => call.created)
    equal(created.length, 1, 'how many were told they made it')
    const lease = created[0]?.lease
    truthy(lease, 'the one that made it has the lease')
    await bench.store.append(run, lease, says(1, 'a'))
  },

  async 'retries at once all learn that they made it, and it is made once'(bench) {
    const run = idPart()
    const options = createOptions(run)
    const calls = await atOnce(bench, 8, (store) => store.create(run, options))
    equal(calls.map((call) => call.created), calls.map(() => true), 'every retry')
    await expectLog(bench.store, run, [], 'there is one start')
  },

  async 'a tombstone is not made anew'(bench) {
    const { run } = await startEnded(bench.store, { policy: { retention: SHORT, tombstone: LONG } })
    await bench.advance(2 * SHORT)
    const { created, lease, record } = await bench.store.create(run, createOptions(run))
    equal([created, lease], [false, null], 'create on a tombstone')
    truthy(record.deletedAt !== null, 'its record is the tombstone')
  },

  async 'once the tombstone is gone the id is free, and the old lease is fenced'(bench) {
    const { run, lease } = await startEnded(bench.store, { policy: { retention: SHORT, tombstone: SHORT } })
    await bench.advance(3 * SHORT)
    const anew = await bench.store.create(run, createOptions(run))
    truthy(anew.created && anew.lease, 'the id is free again')
    await refused(bench.store.append(run, lease, ends(1)), 'fenced', 'a write from the former life')
    await expectLog(bench.store, run, [], 'the new log is its own')
  },
})
