import { equal, outcomeOf, refused, truthy } from './check.ts'
import { entriesIn, ends, expectLog, newNonce, renews, says, start, startEnded, startSaying } from './fixtures.ts'
import { casesOf, LONG } from './harness.ts'
import type { ConformanceCase } from './harness.ts'

export const endingCases: readonly ConformanceCase[] = [
  ...casesOf('end', {
    async 'the terminal entry ends run and lease'({ store }) {
      for (const status of ['completed', 'failed', 'cancelled'] as const) {
        const { run, lease, created } = await start(store)
        equal((await store.append(run, lease, ends(1, status))).tail, 2, 'the tail')
        const record = await store.find(run)
        truthy(record?.endedAt != null && record.endedAt >= created.record.createdAt, 'endedAt is set')
        equal([record.status, record.leaseUntil, record.tail], [status, 0, 2], 'status, lease and tail')
        await expectLog(store, run, ['end'], 'the log')
      }
    },

    async 'nobody writes to an ended run, neither its last holder nor an earlier one'({ store }) {
      const { run, lease: former } = await start(store)
      const taken = await store.acquire(run, newNonce(), LONG, { revoke: true })
      truthy(taken, 'the takeover succeeds')
      await store.append(run, taken.lease, ends(1))
      for (const lease of [former, taken.lease]) {
        await refused(store.append(run, lease, says(2, 'x')), 'ended', 'entries')
        await refused(store.append(run, lease, renews(2)), 'ended', 'a renewal')
        await refused(store.append(run, lease, ends(2, 'failed')), 'ended', 'a second end')
      }
      await expectLog(store, run, ['end'], 'the log')
    },

    async 'of two who end a run at once one wins and there is one end'(bench) {
      const other = await bench.second()
      for (let round = 0; round < 5; round++) {
        const { run, lease } = await start(bench.store)
        const reap = async (): Promise<void> => {
          const taken = await other.acquire(run, newNonce(), LONG, { revoke: true })
          if (taken) await other.append(run, taken.lease, ends(1, 'failed'))
        }
        const outcomes = await Promise.all([outcomeOf(bench.store.append(run, lease, ends(1))), outcomeOf(reap())])
        equal(outcomes.filter((code) => code === null).length, 1, 'winners')
        const entries = await entriesIn(bench.store, run)
        equal(entries.map((entry) => entry.type), ['start', 'end'], 'the log')
        const last = entries.at(-1)
        equal((await bench.store.find(run))?.status, last?.type === 'end' ? last.status : null, 'record and log agree')
      }
    },

    async 'an end may come with entries and a checkpoint in one write'({ store }) {
      const { run, lease } = await start(store)
      const [text, end] = [says(1, 'a'), ends(2)]
      const bytes = new Uint8Array([...text.bytes, 0x0a, ...end.bytes])
      await store.append(run, lease, { after: 1, bytes, count: 2, end: 'completed', checkpoint: '1' })
      await expectLog(store, run, ['a', 'end'], 'the log')
      equal((await store.load(run)).checkpoint, { offset: 3, data: '1' }, 'the checkpoint')
    },

    async 'an ended run is acquired by nobody, revoke or not'({ store }) {
      const { run, lease } = await startEnded(store)
      await refused(store.acquire(run, newNonce(), LONG), 'ended', 'acquire')
      await refused(store.acquire(run, newNonce(), LONG, { revoke: true }), 'ended', 'revoke')
      await refused(store.acquire(run, lease.nonce, LONG), 'ended', 'its last holder')
    },
  }),

  ...casesOf('release', {
    async 'gives the lease back: status, fence and log say so'({ store }) {
      for (const release of ['queued', 'waiting'] as const) {
        const { run, lease } = await startSaying(store, ['a'])
        await store.append(run, lease, { ...says(2, 'b'), release })
        const record = await store.find(run)
        equal([record?.status, record?.leaseUntil, record?.fence, record?.endedAt], [release, 0, 1, null], `released ${release}`)
        await refused(store.append(run, lease, says(3, 'x')), 'fenced', `a write after release ${release}`)
        await expectLog(store, run, ['a', 'b'], 'the log')
      }
    },

    async 'whoever comes next may take it at once'(bench) {
      for (const release of ['queued', 'waiting'] as const) {
        const { run, lease } = await start(bench.store)
        await bench.store.append(run, lease, { ...renews(1), release })
        const taken = await (await bench.second()).acquire(run, newNonce(), LONG)
        equal([taken?.lease.fence, taken?.record.status], [2, 'running'], `after release ${release}`)
      }
    },

    async 'commits its checkpoint and what it consumed'({ store }) {
      const { run, lease } = await start(store)
      await store.signal(run, { id: 'one', type: 'input', data: '1' })
      await store.signal(run, { id: 'two', type: 'input', data: '2' })
      await store.append(run, lease, { ...renews(1), release: 'waiting', checkpoint: '"c"', consumed: 1 })
      const taken = await store.acquire(run, newNonce(), LONG)
      equal(taken?.signals.map((signal) => signal.id), ['two'], 'signals left')
      equal((await store.load(run)).checkpoint, { offset: 1, data: '"c"' }, 'the checkpoint')
    },
  }),
]
