import { epochOf } from '../../event/cursor.ts'
import { batchOf } from '../batch-of.ts'
import { equal, outcomeOf, refused, truthy } from './check.ts'
import { batchesOf, createOptions, deltaOf, encode, ends, entriesIn, expectLog, idPart, newNonce, renews, says, start, startSaying } from './fixtures.ts'
import { casesOf, LONG, SHORT } from './harness.ts'
import type { ConformanceCase } from './harness.ts'
import { joinedWrite } from './pack.ts'

export const appendCases: readonly ConformanceCase[] = casesOf('append', {
  async 'offsets are gapless and every write says the new tail'({ store }) {
    const { run, lease } = await start(store)
    equal((await store.append(run, lease, says(1, 'a', 'b'))).tail, 3, 'after two entries')
    equal((await store.append(run, lease, says(3, 'c'))).tail, 4, 'after a third')
    equal((await store.find(run))?.tail, 4, 'the record')
    await expectLog(store, run, ['a', 'b', 'c'], 'the log')
  },

  async 'a write is one batch under the epoch of its lease, byte for byte'({ store }) {
    const { run, lease } = await start(store)
    const write = says(1, 'naïve 雨 🌧 \u2028 "\\" \u0000', 'b')
    await store.append(run, lease, write)
    const { batches } = await store.read(run, 1, 10_000)
    const expected = { first: 2, last: 3, epoch: epochOf(lease.nonce), bytes: write.bytes, parts: null, head: null }
    equal(batches, [expected], 'the batch')
  },

  async 'entries may be a part of a larger buffer'({ store }) {
    const { run, lease } = await start(store)
    const { bytes, ...write } = says(1, 'kept')
    const larger = new Uint8Array(bytes.length + 20)
    larger.set(bytes, 10)
    await store.append(run, lease, { ...write, bytes: larger.subarray(10, -10) })
    await expectLog(store, run, ['kept'], 'the log')
    equal((await store.read(run, 1, 10_000)).batches[0]?.bytes.length, bytes.length, 'the length')
  },

  async 'an entry of a mebibyte is kept whole'({ store }) {
    const { run, lease } = await start(store)
    const text = 'é0123456789abcd'.repeat(65_536)
    await store.append(run, lease, says(1, text))
    await expectLog(store, run, [text], 'the log')
  },

  async 'a thousand entries in one write keep their order'({ store }) {
    const { run, lease } = await start(store)
    const texts = Array.from({ length: 1000 }, (_, i) => String(i))
    equal((await store.append(run, lease, says(1, ...texts))).tail, 1001, 'the tail')
    await expectLog(store, run, texts, 'the log')
  },

  async 'a line of several entries is kept with the lengths of their texts, whatever their number and size'({ store }) {
    const { run, lease } = await start(store)
    // Lengths of one byte, of two and of three; then more lengths than fit in a byte.
    const some = ['a', 'é🌧'.repeat(100), 'x'.repeat(300_000), '']
    const many = Array.from({ length: 500 }, (_, i) => `${String(i)} `)
    const writes = [joinedWrite(says(1, ...some)), joinedWrite(says(5, ...many)), says(505, 'plain'), joinedWrite(says(506, 'one', 'two'))]
    for (const write of writes) await store.append(run, lease, write)
    const { batches } = await store.read(run, 1, 10_000_000)
    equal(batches, writes.map((write) => batchOf(lease.nonce, write)), 'the batches')
    const texts = [...some, ...many, 'plain', 'one', 'two']
    for (let after = 1; after <= texts.length; after += 97) {
      const rest = (await entriesIn(store, run, after)).map((entry) => (entry.type === 'delta' ? entry.text : ''))
      equal(rest.join(''), texts.slice(after - 1).join(''), `what follows ${String(after)}`)
    }
    equal((await store.append(run, lease, writes[3] ?? says(0))).tail, 508, 'the last write again')
  },

  async 'refuses whoever never had the lease'({ store }) {
    const { run, lease } = await start(store)
    await refused(store.append(run, { ...lease, nonce: newNonce() }, says(1, 'x')), 'fenced', 'the fence with a foreign nonce')
    await refused(store.append(run, { ...lease, fence: 2 }, says(1, 'x')), 'fenced', 'the nonce with a later fence')
    await refused(store.append(run, { ...lease, fence: 0 }, says(1, 'x')), 'fenced', 'the nonce with an earlier fence')
    await expectLog(store, run, [], 'nothing was written')
  },

  async 'refuses everybody while the run is queued'({ store }) {
    const run = idPart()
    const options = createOptions(run, { ttl: 0 })
    await store.create(run, options)
    await refused(store.append(run, { fence: 0, nonce: options.nonce, ttl: LONG }, says(1, 'x')), 'fenced', 'the creator')
    await refused(store.append(run, { fence: 1, nonce: options.nonce, ttl: LONG }, says(1, 'x')), 'fenced', 'a guessed fence')
  },

  async 'refuses every former holder after a takeover'(bench) {
    const { store } = bench
    const { run, lease: first } = await start(store)
    const second = await store.acquire(run, newNonce(), LONG, { revoke: true })
    const third = await (await bench.second()).acquire(run, newNonce(), LONG, { revoke: true })
    truthy(second && third, 'both takeovers succeed')
    for (const zombie of [first, second.lease]) {
      await refused(store.append(run, zombie, says(1, 'x')), 'fenced', `entries under fence ${String(zombie.fence)}`)
      await refused(store.append(run, zombie, renews(1)), 'fenced', `a renewal under fence ${String(zombie.fence)}`)
      await refused(store.append(run, zombie, ends(1)), 'fenced', `an end under fence ${String(zombie.fence)}`)
    }
    await store.append(run, third.lease, says(1, 'mine'))
    await expectLog(store, run, ['mine'], 'only the holder wrote')
  },

  async 'refuses a place before the tail as conflict and one beyond it as regressed'({ store }) {
    const { run, lease } = await startSaying(store, ['a', 'b'])
    await refused(store.append(run, lease, says(2, 'x')), 'conflict', 'before the tail')
    await refused(store.append(run, lease, says(0, 'x')), 'conflict', 'at nothing')
    await refused(store.append(run, lease, says(4, 'x')), 'regressed', 'beyond the tail')
    await refused(store.append(run, lease, renews(2)), 'conflict', 'a renewal before the tail')
    await refused(store.append(run, lease, renews(9)), 'regressed', 'a renewal beyond the tail')
    await expectLog(store, run, ['a', 'b'], 'nothing was written')
  },

  async 'a refused write leaves checkpoint, signals and status alone'({ store }) {
    const { run, lease } = await startSaying(store, ['a'])
    await store.append(run, lease, { ...renews(2), checkpoint: '"kept"' })
    await store.signal(run, { id: 's', type: 'input', data: '1' })
    const before = await store.load(run)
    await outcomeOf(store.append(run, lease, { ...ends(1), checkpoint: '"lost"', consumed: 1 }))
    await outcomeOf(store.append(run, { ...lease, nonce: newNonce() }, { ...renews(2), checkpoint: '"lost"', consumed: 1, release: 'queued' }))
    equal(await store.load(run), before, 'the run')
    equal((await store.append(run, lease, renews(2))).signals.length, 1, 'the signal waits')
  },

  async 'an unknown run is not_found'({ store }) {
    await refused(store.append(idPart(), { fence: 1, nonce: newNonce(), ttl: LONG }, says(1, 'x')), 'not_found', 'append')
  },

  async 'an empty write renews the lease and changes nothing else'(bench) {
    const { store } = bench
    const { run, lease, created } = await start(store)
    await bench.advance(SHORT)
    equal((await store.append(run, lease, renews(1))).tail, 1, 'the tail stays')
    const record = await store.find(run)
    truthy(record && record.leaseUntil >= created.record.leaseUntil + SHORT, 'the lease was renewed')
    equal({ ...record, leaseUntil: 0 }, { ...created.record, leaseUntil: 0 }, 'the rest of the record')
  },

  async 'a lease that ran out and that nobody took still appends, and is renewed'(bench) {
    const { store } = bench
    const { run, lease } = await start(store, { ttl: SHORT })
    await bench.advance(2 * SHORT)
    await store.append(run, { ...lease, ttl: LONG }, says(1, 'late'))
    await expectLog(store, run, ['late'], 'the log')
    equal(await store.acquire(run, newNonce(), LONG), null, 'it is held again')
  },

  async 'a checkpoint commits with its entries and covers them'({ store }) {
    const { run, lease } = await start(store)
    equal((await store.load(run)).checkpoint, null, 'there is none at first')
    await store.append(run, lease, { ...says(1, 'a', 'b'), checkpoint: '{"step":1}' })
    equal((await store.load(run)).checkpoint, { offset: 3, data: '{"step":1}' }, 'with entries')
    await store.append(run, lease, says(3, 'c'))
    equal((await store.load(run)).checkpoint, { offset: 3, data: '{"step":1}' }, 'it stays until the next')
    await store.append(run, lease, { ...renews(4), checkpoint: '{"step":2}' })
    equal((await store.load(run)).checkpoint, { offset: 4, data: '{"step":2}' }, 'without entries')
  },

  async 'of a hundred writes from one place exactly one wins'(bench) {
    const { run, lease } = await start(bench.store)
    const handles = [bench.store, await bench.second()]
    for (const tail of [1, 2, 3]) {
      const calls = Array.from({ length: 100 }, (_, i) => {
        const store = handles[i % 2] ?? bench.store
        return outcomeOf(store.append(run, lease, says(tail, `${String(tail)}/${String(i)}`)))
      })
      const outcomes = await Promise.all(calls)
      equal(outcomes.filter((code) => code === null).length, 1, `winners at tail ${String(tail)}`)
      equal(outcomes.filter((code) => code === 'conflict').length, 99, `losers at tail ${String(tail)}`)
    }
    equal((await batchesOf(bench.store, run)).map((batch) => batch.last), [1, 2, 3, 4], 'the log')
  },

  async 'many runs written at once do not mix'(bench) {
    const handles = [bench.store, await bench.second()]
    const texts = Array.from({ length: 10 }, (_, i) => String(i))
    await Promise.all(Array.from({ length: 20 }, async (_, i) => {
      const store = handles[i % 2] ?? bench.store
      const mine = texts.map((text) => `${String(i)}:${text}`)
      const { run } = await startSaying(store, mine)
      await expectLog(store, run, mine, `run ${String(i)}`)
    }))
  },

  async 'bytes are kept as they are, whatever JSON they spell'({ store }) {
    const { run, lease } = await start(store)
    const odd = '{"type":"delta", "text" : "\\u0041\\ud83c\\udf27",  "block":0 ,"kind":"text","nth":0}'
    const bytes = encode(`${odd}\n${deltaOf('~\u007f\u0080\u{10ffff}')}`)
    await store.append(run, lease, { after: 1, bytes, count: 2 })
    equal((await store.read(run, 1, 1000)).batches[0]?.bytes, bytes, 'the bytes')
  },
})
