import type { Store } from '../store.ts'
import { equal, refused, truthy } from './check.ts'
import { batchesOf, createOptions, ends, expectLog, idPart, newNonce, renews, says, start, startEnded } from './fixtures.ts'
import { casesOf, LONG, SHORT } from './harness.ts'
import type { Bench, ConformanceCase } from './harness.ts'
import { packed } from './pack.ts'

type Body = (bench: Bench) => Promise<(store: Store) => Promise<void>>

/** Runs `body`, then what it returns after a crash. Where nothing survives there is nothing to ask for. */
function acrossCrash(body: Body): (bench: Bench) => Promise<void> {
  return async (bench) => {
    const afterwards = await body(bench)
    const store = await bench.restart()
    if (store) await afterwards(store)
  }
}

export const restartCases: readonly ConformanceCase[] = casesOf('restart', {
  'what was answered is there: entries, record, input, checkpoint, signals': acrossCrash(async ({ store }) => {
    const { run, lease } = await start(store)
    await store.append(run, lease, { ...says(1, 'a', 'b'), checkpoint: '1' })
    await store.signal(run, { id: 's', type: 'input', data: '1' })
    const [loaded, batches] = [await store.load(run), await batchesOf(store, run)]
    return async (reopened) => {
      equal(await reopened.load(run), loaded, 'what load gives')
      equal(await batchesOf(reopened, run), batches, 'the batches')
      equal((await reopened.append(run, lease, renews(3))).signals.map(({ id }) => id), ['s'], 'the signals')
    }
  }),

  'a holder goes on with its lease, and others are fenced as before': acrossCrash(async ({ store }) => {
    const { run, lease } = await start(store)
    const taken = await store.acquire(run, newNonce(), LONG, { revoke: true })
    truthy(taken, 'the takeover succeeds')
    return async (reopened) => {
      await refused(reopened.append(run, lease, says(1, 'x')), 'fenced', 'the former holder')
      equal(await reopened.acquire(run, newNonce(), LONG), null, 'it is held')
      await reopened.append(run, taken.lease, says(1, 'a'))
      await expectLog(reopened, run, ['a'], 'the log')
    }
  }),

  'retries are recognised: of create, of a write, of an end, of acquire': acrossCrash(async ({ store }) => {
    const [run, ended, queued, nonce] = [idPart(), await startEnded(store), idPart(), newNonce()]
    const options = createOptions(run)
    const { lease } = await store.create(run, options)
    truthy(lease, 'the lease')
    await store.append(run, lease, says(1, 'a'))
    await store.create(queued, createOptions(queued, { ttl: 0 }))
    const taken = await store.acquire(queued, nonce, LONG)
    return async (reopened) => {
      equal((await reopened.create(run, options)).lease, lease, 'create')
      equal((await reopened.append(run, lease, says(1, 'a'))).tail, 2, 'a write')
      equal((await reopened.append(ended.run, ended.lease, ends(1))).tail, 2, 'an end')
      equal((await reopened.acquire(queued, nonce, LONG))?.lease, taken?.lease, 'acquire')
      await expectLog(reopened, run, ['a'], 'the log')
    }
  }),

  'what was sealed or removed stays so': acrossCrash(async (bench) => {
    const { store } = bench
    const [sealed, deleted] = [await startEnded(store), await startEnded(store)]
    const expired = await startEnded(store, { policy: { retention: SHORT, tombstone: LONG } })
    const segments = [packed(await batchesOf(store, sealed.run))]
    await store.seal(sealed.run, { segments, snapshot: '"s"' })
    await store.delete(deleted.run)
    await bench.advance(2 * SHORT)
    return async (reopened) => {
      equal(await batchesOf(reopened, sealed.run), segments, 'the segments')
      equal((await reopened.load(sealed.run)).snapshot, '"s"', 'the snapshot')
      for (const { run } of [deleted, expired]) await refused(reopened.load(run), 'gone', 'what was removed')
    }
  }),
})
