import { equal, refused } from './check.ts'
import { createOptions, expectLog, idPart, newNonce, renews, says, start } from './fixtures.ts'
import { casesOf, LONG } from './harness.ts'
import type { ConformanceCase } from './harness.ts'

export const closeCases: readonly ConformanceCase[] = casesOf('close', {
  async 'every later call fails with closed'({ store }) {
    const { run, lease } = await start(store)
    await store.close()
    await refused(store.create(idPart(), createOptions(idPart())), 'closed', 'create')
    await refused(store.acquire(run, newNonce(), LONG), 'closed', 'acquire')
    await refused(store.append(run, lease, renews(1)), 'closed', 'append')
    await refused(store.read(run, 0, 1), 'closed', 'read')
    await refused(store.find(run), 'closed', 'find')
    await refused(store.load(run), 'closed', 'load')
    await refused(store.signal(run, { id: 's', type: 'cancel', data: 'null' }), 'closed', 'signal')
    await refused(store.touch(run, 'node', LONG), 'closed', 'touch')
    await refused(store.seal(run, { segments: [], snapshot: null }), 'closed', 'seal')
    await refused(store.list({ limit: 1 }), 'closed', 'list')
    await refused(store.delete(run), 'closed', 'delete')
    await refused(Promise.resolve().then(() => store.watch(run, () => undefined)), 'closed', 'watch')
  },

  async 'a second time is no error'({ store }) {
    await store.close()
    await store.close()
  },

  async 'of one handle leaves the others open'(bench) {
    const other = await bench.second()
    if (other === bench.store) return
    const { run, lease } = await start(bench.store)
    await bench.store.close()
    await other.append(run, lease, says(1, 'a'))
    await expectLog(other, run, ['a'], 'the log')
  },

  async 'a watcher is not called any more'({ store }) {
    const { run, lease } = await start(store)
    let calls = 0
    const leave = store.watch(run, () => calls++)
    const write = store.append(run, lease, says(1, 'a'))
    await Promise.allSettled([write, store.close()])
    const before = calls
    await new Promise((resolve) => setTimeout(resolve, 0))
    equal(calls, before, 'calls after close')
    leave()
  },
})
