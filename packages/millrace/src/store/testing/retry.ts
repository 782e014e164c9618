import { equal, refused, truthy } from './check.ts'
import { atOnce, ends, expectLog, newNonce, renews, says, start, startSaying } from './fixtures.ts'
import { casesOf, LONG, SHORT } from './harness.ts'
import type { ConformanceCase } from './harness.ts'

/** A write whose answer was lost is sent again unchanged. */
export const retryCases: readonly ConformanceCase[] = casesOf('retry', {
  async 'of the last write is answered with its success and doubles nothing'(bench) {
    const { store } = bench
    const { run, lease } = await startSaying(store, ['a'])
    const write = { ...says(2, 'b', 'c'), checkpoint: '1' }
    const answer = await store.append(run, lease, write)
    equal(await store.append(run, lease, write), answer, 'the answer')
    equal(await (await bench.second()).append(run, lease, write), answer, 'the answer, by another handle')
    await expectLog(store, run, ['a', 'b', 'c'], 'the log')
    equal((await store.append(run, lease, says(4, 'd'))).tail, 5, 'the writer goes on')
  },

  async 'with renewals in between is still recognised'({ store }) {
    const { run, lease } = await start(store)
    await store.append(run, lease, says(1, 'a'))
    await store.append(run, lease, renews(2))
    equal((await store.append(run, lease, says(1, 'a'))).tail, 2, 'the retry')
    await expectLog(store, run, ['a'], 'the log')
  },

  async 'many at once are one write'(bench) {
    const { run, lease } = await start(bench.store)
    const answers = await atOnce(bench, 10, (store) => store.append(run, lease, says(1, 'a')))
    equal(answers.map((answer) => answer.tail), answers.map(() => 2), 'every answer')
    await expectLog(bench.store, run, ['a'], 'the log')
  },

  async 'of an older write is a conflict, also where it said the same as the last'({ store }) {
    for (const last of ['b', 'a']) {
      const { run, lease } = await startSaying(store, ['a', last])
      await refused(store.append(run, lease, says(1, 'a')), 'conflict', 'the write before the last')
      await refused(store.append(run, lease, says(9, last)), 'regressed', 'what the last one said, at another place')
      await expectLog(store, run, ['a', last], 'the log')
    }
  },

  async 'renews the lease, as every accepted write does'(bench) {
    const { run, lease } = await start(bench.store)
    await bench.store.append(run, lease, says(1, 'a'))
    const before = await bench.store.find(run)
    await bench.advance(SHORT)
    await bench.store.append(run, lease, says(1, 'a'))
    const after = await bench.store.find(run)
    truthy(before && after && after.leaseUntil >= before.leaseUntil + SHORT, 'the lease was renewed')
  },

  async 'with other bytes is a conflict, also where they are as long'({ store }) {
    const { run, lease } = await startSaying(store, ['a'])
    await refused(store.append(run, lease, says(1, 'b')), 'conflict', 'other bytes')
    await refused(store.append(run, lease, says(1, 'longer')), 'conflict', 'longer bytes')
    await expectLog(store, run, ['a'], 'the log')
  },

  async 'of an end is answered with its success'({ store }) {
    const { run, lease } = await startSaying(store, ['a'])
    const answer = await store.append(run, lease, ends(2))
    equal(await store.append(run, lease, ends(2)), answer, 'the retry')
    await refused(store.append(run, lease, ends(2, 'failed')), 'ended', 'another end')
    await expectLog(store, run, ['a', 'end'], 'the log')
  },

  async 'of a release is answered with its success, with entries or without'({ store }) {
    for (const write of [{ ...renews(1), release: 'waiting' as const }, { ...says(1, 'a'), release: 'queued' as const }]) {
      const { run, lease } = await start(store)
      const answer = await store.append(run, lease, write)
      equal(await store.append(run, lease, write), answer, 'the retry')
      await refused(store.append(run, lease, renews(answer.tail)), 'fenced', 'but the lease is over')
    }
  },

  async 'after a takeover is recognised while the successor has not written'({ store }) {
    const { run, lease } = await start(store)
    await store.append(run, lease, says(1, 'a'))
    const taken = await store.acquire(run, newNonce(), LONG, { revoke: true })
    truthy(taken, 'the takeover succeeds')
    equal((await store.append(run, lease, says(1, 'a'))).tail, 2, 'the retry')
    await store.append(run, taken.lease, says(2, 'b'))
    await refused(store.append(run, lease, says(1, 'a')), 'fenced', 'the retry after the successor wrote')
    await expectLog(store, run, ['a', 'b'], 'the log')
  },

  async 'by another holder with the same bytes is not a retry'({ store }) {
    const { run, lease } = await start(store)
    await store.append(run, lease, says(1, 'a'))
    const taken = await store.acquire(run, newNonce(), LONG, { revoke: true })
    truthy(taken, 'the takeover succeeds')
    await refused(store.append(run, taken.lease, says(1, 'a')), 'conflict', 'the same bytes under another lease')
    await expectLog(store, run, ['a'], 'the log')
  },

  async 'of an empty write that says something is applied once'({ store }) {
    const { run, lease } = await start(store)
    await store.signal(run, { id: 's', type: 'input', data: '1' })
    const write = { ...renews(1), checkpoint: '"c"', consumed: 1 }
    equal((await store.append(run, lease, write)).signals, [], 'the first time')
    await store.signal(run, { id: 't', type: 'input', data: '2' })
    equal((await store.append(run, lease, write)).signals.map((signal) => signal.id), ['t'], 'the second time')
    equal((await store.load(run)).checkpoint, { offset: 1, data: '"c"' }, 'the checkpoint')
  },
})
