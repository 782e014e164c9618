import { epochOf } from '../../event/cursor.ts'
import { equal, refused, truthy } from './check.ts'
import { atOnce, batchesOf, createOptions, expectLog, idPart, newNonce, renews, says, start } from './fixtures.ts'
import { casesOf, LONG, SHORT } from './harness.ts'
import type { ConformanceCase } from './harness.ts'

export const acquireCases: readonly ConformanceCase[] = casesOf('acquire', {
  async 'a queued run goes to whoever asks, with the next fence'({ store }) {
    const run = idPart()
    const options = createOptions(run, { ttl: 0 })
    await store.create(run, options)
    const nonce = newNonce()
    const taken = await store.acquire(run, nonce, LONG)
    truthy(taken, 'it is free')
    equal(taken.lease, { fence: 1, nonce, ttl: LONG }, 'the lease')
    equal([taken.record.status, taken.record.fence, taken.record.tail], ['running', 1, 1], 'the record')
    equal(await store.find(run), taken.record, 'find gives the same record')
    await store.append(run, taken.lease, says(1, 'a'))
    await expectLog(store, run, ['a'], 'the log')
  },

  async 'a held run is nobody else\'s'(bench) {
    const { run, lease, created } = await start(bench.store)
    equal(await bench.store.acquire(run, newNonce(), LONG), null, 'by the same handle')
    equal(await (await bench.second()).acquire(run, newNonce(), LONG), null, 'by another handle')
    equal(await bench.store.find(run), created.record, 'nothing changed')
    await bench.store.append(run, lease, says(1, 'a'))
  },

  async 'a lease that ran out goes to whoever asks, and its holder is fenced'(bench) {
    const { run, lease } = await start(bench.store, { ttl: SHORT })
    await bench.advance(2 * SHORT)
    const taken = await bench.store.acquire(run, newNonce(), LONG)
    equal(taken?.lease.fence, 2, 'the fence')
    await refused(bench.store.append(run, lease, says(1, 'x')), 'fenced', 'the former holder')
  },

  async 'revoke takes a run from its holder'(bench) {
    const { run, lease } = await start(bench.store)
    const taken = await (await bench.second()).acquire(run, newNonce(), LONG, { revoke: true })
    truthy(taken, 'revoke succeeds')
    equal(taken.lease.fence, 2, 'the fence')
    await refused(bench.store.append(run, lease, says(1, 'x')), 'fenced', 'the former holder')
    await bench.store.append(run, taken.lease, says(1, 'mine'))
  },

  async 'a lease that is taken is a loss, and one that was given back is none'(bench) {
    const losses = async (): Promise<number | undefined> => (await bench.store.find(run))?.losses
    const { run, lease } = await start(bench.store, { ttl: SHORT })
    equal(await losses(), 0, 'nobody lost anything yet')
    await bench.store.append(run, lease, { ...renews(1), release: 'queued' })
    const nonce = newNonce()
    const given = await bench.store.acquire(run, nonce, SHORT)
    truthy(given, 'it is free')
    equal(given.record.losses, 0, 'after a release')
    await bench.store.acquire(run, nonce, SHORT)
    equal(await losses(), 0, 'after the same holder asked again')
    await bench.advance(2 * SHORT)
    const expired = await bench.store.acquire(run, newNonce(), LONG)
    equal(expired?.record.losses, 1, 'after a lease ran out')
    const revoked = await (await bench.second()).acquire(run, newNonce(), LONG, { revoke: true })
    truthy(revoked, 'revoke succeeds')
    await bench.store.append(run, revoked.lease, says(1, 'a'))
    await bench.store.append(run, revoked.lease, { ...renews(2), release: 'waiting' })
    await bench.store.acquire(run, newNonce(), LONG)
    equal(await losses(), 2, 'after a revocation, a write and a release')
  },

  async 'the same nonce again is the same lease, renewed'(bench) {
    const run = idPart()
    await bench.store.create(run, createOptions(run, { ttl: 0 }))
    const nonce = newNonce()
    const first = await bench.store.acquire(run, nonce, LONG)
    await bench.advance(SHORT)
    const again = await (await bench.second()).acquire(run, nonce, LONG)
    truthy(first && again, 'both are answered')
    equal(again.lease, first.lease, 'the lease')
    truthy(again.record.leaseUntil >= first.record.leaseUntil + SHORT, 'it was renewed')
    equal({ ...again.record, leaseUntil: 0 }, { ...first.record, leaseUntil: 0 }, 'the rest of the record')
  },

  async 'the same nonce with revoke does not revoke itself'({ store }) {
    const { run, lease } = await start(store)
    equal((await store.acquire(run, lease.nonce, LONG, { revoke: true }))?.lease, lease, 'the lease of the creator')
  },

  async 'of many who ask at once exactly one is given it'(bench) {
    const run = idPart()
    await bench.store.create(run, createOptions(run, { ttl: 0 }))
    const taken = await atOnce(bench, 10, (store) => store.acquire(run, newNonce(), LONG))
    equal(taken.filter((answer) => answer !== null).length, 1, 'winners')
    equal((await bench.store.find(run))?.fence, 1, 'one lease was given out')
  },

  async 'many who revoke at once are given rising fences, and the last holds it'(bench) {
    const { run } = await start(bench.store)
    const answers = await atOnce(bench, 6, (store) => store.acquire(run, newNonce(), LONG, { revoke: true }))
    const taken = answers.flatMap((each) => (each ? [each.lease] : []))
    taken.sort((a, b) => a.fence - b.fence)
    equal(taken.map((lease) => lease.fence), [2, 3, 4, 5, 6, 7], 'the fences')
    for (const lease of taken.slice(0, -1)) await refused(bench.store.append(run, lease, renews(1)), 'fenced', 'all but the last')
    const last = taken.at(-1)
    truthy(last, 'there is a last')
    await bench.store.append(run, last, says(1, 'a'))
  },

  async 'the table of epochs says under which lease each batch was written'({ store }) {
    const { run, lease } = await start(store)
    await store.append(run, lease, says(1, 'a', 'b'))
    let tail = 3
    for (const text of ['c', '', '', 'd']) {
      const taken = await store.acquire(run, newNonce(), LONG, { revoke: true })
      truthy(taken, 'the takeover succeeds')
      equal(taken.record.epochs.at(-1), { from: tail + 1, epoch: epochOf(taken.lease.nonce) }, 'the newest epoch')
      if (text !== '') tail = (await store.append(run, taken.lease, says(tail, text))).tail
    }
    const epochs = (await store.find(run))?.epochs ?? []
    truthy(epochs.every((epoch, i) => epoch.from > (epochs[i - 1]?.from ?? 0)), 'epochs ascend')
    for (const batch of await batchesOf(store, run)) {
      equal(batch.epoch, epochs.findLast((epoch) => epoch.from <= batch.first)?.epoch, `the epoch of offset ${String(batch.first)}`)
    }
  },

  async 'the successor is handed the signals nobody consumed'({ store }) {
    const { run, lease } = await start(store)
    for (const id of ['a', 'b', 'c']) await store.signal(run, { id, type: 'input', data: `"${id}"` })
    await store.append(run, lease, { ...renews(1), consumed: 1 })
    const taken = await store.acquire(run, newNonce(), LONG, { revoke: true })
    equal(taken?.signals, [
      { id: 'b', type: 'input', data: '"b"', seq: 2 },
      { id: 'c', type: 'input', data: '"c"', seq: 3 },
    ], 'the signals')
  },

  async 'a successor is told whether the run waited, also when it asks again'({ store }) {
    const { run, lease } = await start(store)
    await store.append(run, lease, { ...says(1, 'a'), release: 'waiting' })
    const nonce = newNonce()
    const taken = await store.acquire(run, nonce, LONG)
    equal(taken?.waited, true, 'after a lease that was given back as waiting')
    truthy(taken, 'it is free')
    await store.append(run, taken.lease, renews(2))
    equal((await store.acquire(run, nonce, LONG))?.waited, true, 'to the same holder, which has only renewed')
    const revoked = await store.acquire(run, newNonce(), LONG, { revoke: true })
    equal(revoked?.waited, false, 'after a lease that was taken')
    truthy(revoked, 'revoke succeeds')
    await store.append(run, revoked.lease, { ...renews(2), release: 'queued' })
    equal((await store.acquire(run, newNonce(), LONG))?.waited, false, 'after one that was given back as queued')
  },

  async 'an unknown run is not_found'({ store }) {
    await refused(store.acquire(idPart(), newNonce(), LONG), 'not_found', 'acquire')
  },
})
