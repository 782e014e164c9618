import type { CreateRun, ListFilter, RunId, RunRecord, Store } from '../store.ts'
import { equal, truthy } from './check.ts'
import { batchesOf, createOptions, ends, idPart, newNonce, renews, start, startEnded } from './fixtures.ts'
import { casesOf, LONG, SHORT } from './harness.ts'
import type { ConformanceCase } from './harness.ts'
import { packed } from './pack.ts'

async function ids(store: Store, filter: Partial<ListFilter>): Promise<RunId[]> {
  return (await store.list({ limit: 100, ...filter })).map((record) => record.id)
}

async function make(store: Store, run: RunId, changes: Partial<CreateRun> = {}): Promise<RunId> {
  await store.create(run, createOptions(run, { ttl: 0, ...changes }))
  return run
}

function byAge(a: RunRecord, b: RunRecord): number {
  return b.createdAt - a.createdAt || (a.id < b.id ? 1 : -1)
}

export const listCases: readonly ConformanceCase[] = casesOf('list', {
  async 'is newest first, and by id among those of one moment'(bench) {
    const { store } = bench
    for (let round = 0; round < 3; round++) {
      for (let i = 0; i < 4; i++) await make(store, idPart())
      await bench.advance(SHORT)
    }
    const records = await store.list({ limit: 100 })
    equal(records.length, 12, 'how many')
    equal(records, [...records].sort(byAge), 'the order')
    equal(records[0], await store.find(records[0]?.id ?? ''), 'a record is the one find gives')
  },

  async 'pages join without a gap or a double'(bench) {
    const { store } = bench
    for (let i = 0; i < 10; i++) {
      await make(store, idPart())
      if (i % 4 === 3) await bench.advance(SHORT)
    }
    const all = await ids(store, {})
    for (const limit of [1, 3, 10]) {
      const paged: RunId[] = []
      for (let before: ListFilter['before']; ; ) {
        const page = await store.list({ limit, ...(before ? { before } : {}) })
        truthy(page.length <= limit, 'a page has at most `limit` records')
        const last = page.at(-1)
        if (!last) break
        paged.push(...page.map((record) => record.id))
        truthy(paged.length <= all.length, 'pages come to an end')
        before = { createdAt: last.createdAt, id: last.id }
      }
      equal(paged, all, `pages of ${String(limit)}`)
    }
  },

  async 'filters by principal and kind, exactly'({ store }) {
    const mine = await make(store, idPart(), { principal: 'ada', kind: 'answer' })
    await make(store, idPart(), { principal: 'Ada', kind: 'answer' })
    await make(store, idPart(), { principal: 'ada ', kind: 'answer' })
    const other = await make(store, idPart(), { principal: 'ada', kind: 'Answer' })
    equal(await ids(store, { principal: 'ada', kind: 'answer' }), [mine], 'both')
    equal(await ids(store, { kind: 'Answer' }), [other], 'kind')
    equal((await ids(store, { principal: 'ada' })).sort(), [mine, other].sort(), 'principal')
    equal(await ids(store, { principal: 'eve' }), [], 'nobody')
  },

  async 'filters by group, where `_` and case mean themselves'({ store }) {
    const group = `a_b-${idPart().slice(4)}`
    const run = await make(store, `${group}.${idPart()}`)
    await make(store, `${group.replace('_', 'x')}.${idPart()}`)
    await make(store, `${group.toUpperCase()}.${idPart()}`)
    await make(store, group)
    await make(store, idPart())
    equal(await ids(store, { group }), [run], 'the group')
  },

  async 'with needs, the oldest come first, so that none is passed over for ever'(bench) {
    const { store } = bench
    for (let i = 0; i < 5; i++) {
      await make(store, idPart())
      await bench.advance(SHORT)
    }
    const oldestFirst = (await ids(store, {})).reverse()
    equal(await ids(store, { needs: 'owner' }), oldestFirst, 'all')
    equal(await ids(store, { needs: 'owner', limit: 2 }), oldestFirst.slice(0, 2), 'the first two')
  },

  async 'needs owner: what nobody works on and somebody should'(bench) {
    const { store } = bench
    const queued = await make(store, idPart())
    const lost = await make(store, idPart(), { ttl: SHORT })
    const signalled = await start(store)
    await store.append(signalled.run, signalled.lease, { ...renews(1), release: 'waiting' })
    await store.signal(signalled.run, { id: 's', type: 'input', data: '1' })
    const requeued = await start(store)
    await store.append(requeued.run, requeued.lease, { ...renews(1), release: 'queued' })

    await make(store, idPart(), { ttl: LONG })
    const waiting = await start(store)
    await store.signal(waiting.run, { id: 's', type: 'input', data: '1' })
    await store.append(waiting.run, waiting.lease, { ...renews(1), release: 'waiting', consumed: 1 })
    const ended = await start(store, { ttl: SHORT })
    await store.signal(ended.run, { id: 's', type: 'input', data: '1' })
    await store.append(ended.run, ended.lease, ends(1))

    await bench.advance(2 * SHORT)
    const expected = [queued, lost, signalled.run, requeued.run].sort()
    equal((await ids(store, { needs: 'owner' })).sort(), expected, 'what needs an owner')
    equal((await ids(store, { needs: 'owner', principal: 'nobody' })), [], 'with another filter')
    equal((await ids(store, { needs: 'owner', limit: 2 })).length, 2, 'with a limit')
  },

  async 'needs owner: a waiting run, once the time it was given is over, though no signal came'(bench) {
    const { store } = bench
    const { run, lease } = await start(store)
    const given = { ...renews(1), release: 'waiting' as const, wait: SHORT }
    await store.append(run, lease, given)
    const record = await store.find(run)
    await store.append(run, lease, given)
    equal(await store.find(run), record, 'a retry waits no longer')
    truthy((record?.leaseUntil ?? 0) > 0, 'the record says until when')
    await bench.advance(2 * SHORT)
    equal(await ids(store, { needs: 'owner' }), [run], 'after')
    const taken = await store.acquire(run, newNonce(), LONG)
    equal([taken?.waited, taken?.record.losses], [true, 0], 'nobody was lost')
    equal(await ids(store, { needs: 'owner' }), [], 'once it is taken')
  },

  async 'needs owner: a signal or a taker comes before a waiting run’s time is over'({ store }) {
    const [signalled, taken] = [await start(store), await start(store)]
    for (const { run, lease } of [signalled, taken]) await store.append(run, lease, { ...renews(1), release: 'waiting', wait: LONG })
    equal(await ids(store, { needs: 'owner' }), [], 'both wait')
    await store.signal(signalled.run, { id: 's', type: 'input', data: '1' })
    equal(await ids(store, { needs: 'owner' }), [signalled.run], 'the one with a signal')
    for (const { run } of [signalled, taken]) equal((await store.acquire(run, newNonce(), LONG))?.record.status, 'running', 'taken')
  },

  async 'needs seal: what has ended and is not packed to its end'({ store }) {
    const { run } = await startEnded(store)
    await start(store)
    equal(await ids(store, { needs: 'seal' }), [run], 'before')
    const rows = await batchesOf(store, run)
    await store.seal(run, { segments: [packed(rows.slice(0, 1))], snapshot: null })
    equal(await ids(store, { needs: 'seal' }), [run], 'half packed')
    await store.seal(run, { segments: [packed(rows.slice(1))], snapshot: null })
    equal(await ids(store, { needs: 'seal' }), [], 'packed')
  },

  async 'has no tombstones'(bench) {
    const { store } = bench
    const deleted = await make(store, idPart())
    await store.delete(deleted)
    await startEnded(store, { policy: { retention: SHORT, tombstone: LONG } })
    await bench.advance(2 * SHORT)
    const stays = await make(store, idPart())
    equal(await ids(store, {}), [stays], 'all')
    equal(await ids(store, { needs: 'seal' }), [], 'needs seal')
  },
})
