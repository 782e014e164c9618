import { equal, refused } from './check.ts'
import { atOnce, idPart, newNonce, says, start, startEnded } from './fixtures.ts'
import { casesOf, LONG, SHORT } from './harness.ts'
import type { ConformanceCase } from './harness.ts'

export const presenceCases: readonly ConformanceCase[] = casesOf('touch', {
  async 'answers at how many nodes somebody reads, each node counted once'(bench) {
    const { run } = await start(bench.store)
    const other = await bench.second()
    equal(await bench.store.touch(run, 'one', LONG), 1, 'the first')
    equal(await other.touch(run, 'two', LONG), 2, 'another')
    equal(await bench.store.touch(run, 'one', LONG), 2, 'the first again')
    equal(await bench.store.touch(run, 'three', 0), 2, 'one that only asks')
  },

  async 'a node that says so is gone at once, and the others stay'(bench) {
    const { run } = await start(bench.store)
    await bench.store.touch(run, 'one', LONG)
    await (await bench.second()).touch(run, 'two', LONG)
    equal(await bench.store.touch(run, 'one', 0), 1, 'the one that is left')
    equal(await (await bench.second()).touch(run, 'two', 0), 0, 'none')
  },

  async 'a node that says nothing more is gone when its time is over'(bench) {
    const { run } = await start(bench.store)
    await bench.store.touch(run, 'silent', SHORT)
    await bench.store.touch(run, 'longer', LONG)
    await bench.advance(2 * SHORT)
    equal(await bench.store.touch(run, 'asking', 0), 1, 'the longer one')
    await bench.store.touch(run, 'longer', SHORT)
    await bench.advance(2 * SHORT)
    equal(await bench.store.touch(run, 'asking', 0), 0, 'its newest word counts')
  },

  async 'runs have readers of their own'({ store }) {
    const [one, other] = [await start(store), await start(store)]
    await store.touch(one.run, 'node', LONG)
    equal(await store.touch(other.run, 'asking', 0), 0, 'readers of the other run')
  },

  async 'many at once are all counted'(bench) {
    const { run } = await start(bench.store)
    await atOnce(bench, 12, (store, i) => store.touch(run, `node-${String(i)}`, LONG))
    equal(await bench.store.touch(run, 'asking', 0), 12, 'nodes')
  },

  async 'changes nothing about the run, its lease included, and needs none'({ store }) {
    const { run, lease, created } = await start(store)
    await store.touch(run, 'node', LONG)
    equal(await store.find(run), created.record, 'the record')
    await store.append(run, lease, { ...says(1, 'a'), release: 'waiting' })
    equal(await store.touch(run, 'asking', 0), 1, 'while it waits')
    await store.acquire(run, newNonce(), LONG)
    equal(await store.touch(run, 'asking', 0), 1, 'under another lease')
    equal(await store.touch((await startEnded(store)).run, 'node', LONG), 1, 'of a run that has ended')
  },

  async 'of a run that is not there is not_found, and of a deleted one gone'({ store }) {
    await refused(store.touch(idPart(), 'node', LONG), 'not_found', 'touch')
    const { run } = await startEnded(store)
    await store.delete(run)
    await refused(store.touch(run, 'node', LONG), 'gone', 'touch')
  },
})
