import { equal, refused, truthy } from './check.ts'
import { batchesOf, entriesIn, expectLog, idPart, says, start, startEnded, startSaying } from './fixtures.ts'
import { casesOf } from './harness.ts'
import type { ConformanceCase } from './harness.ts'

const TEN = Array.from({ length: 10 }, (_, i) => `text ${String(i)}`)

export const readCases: readonly ConformanceCase[] = casesOf('read', {
  async 'from every offset gives exactly what follows it, whatever the size of a page'({ store }) {
    const { run, lease } = await startSaying(store, TEN)
    await store.append(run, lease, says(11, 'many', 'in', 'one', 'write'))
    const all = await entriesIn(store, run)
    for (const maxBytes of [1, 100, 100_000]) {
      for (let after = 0; after <= 15; after++) {
        const entries = await entriesIn(store, run, after, maxBytes)
        equal(entries, all.slice(after), `after ${String(after)} in pages of ${String(maxBytes)}`)
      }
    }
  },

  async 'a page has at least one batch, and not many more bytes than asked for'({ store }) {
    const { run } = await startSaying(store, Array.from({ length: 50 }, () => 'x'.repeat(100)))
    const largest = Math.max(...(await batchesOf(store, run)).map((batch) => batch.bytes.length))
    for (const maxBytes of [0, 1]) equal((await store.read(run, 0, maxBytes)).batches.length, 1, 'a page of next to nothing')
    for (const maxBytes of [500, 2000]) {
      const { batches } = await store.read(run, 0, maxBytes)
      const size = batches.reduce((sum, batch) => sum + batch.bytes.length, 0)
      truthy(size <= maxBytes + largest, `a page of ${String(maxBytes)} has ${String(size)} bytes`)
      truthy(size >= maxBytes - largest, `a page of ${String(maxBytes)} has only ${String(size)} bytes`)
    }
  },

  async 'at the tail and beyond it gives the record and no batch'({ store }) {
    const { run } = await startSaying(store, ['a'])
    for (const after of [2, 3, 1_000_000]) {
      const { batches, record } = await store.read(run, after, 1000)
      equal([batches, record.tail], [[], 2], `after ${String(after)}`)
    }
  },

  async 'gives the record as find does'({ store }) {
    const { run } = await startEnded(store)
    equal((await store.read(run, 0, 1000)).record, await store.find(run), 'the record')
  },

  async 'what one handle wrote the other reads at once'(bench) {
    const other = await bench.second()
    const { run, lease } = await start(bench.store)
    for (let tail = 1; tail < 20; tail++) {
      await bench.store.append(run, lease, says(tail, String(tail)))
      equal((await other.read(run, tail, 1000)).record.tail, tail + 1, 'the tail')
      equal((await other.read(run, tail, 1000)).batches.length, 1, 'the batch')
    }
  },

  async 'pages agree with their record while somebody writes'(bench) {
    const other = await bench.second()
    const { run, lease } = await start(bench.store)
    let writing = true
    const write = async (): Promise<void> => {
      for (let tail = 1; tail < 60; tail++) await bench.store.append(run, lease, says(tail, String(tail)))
      writing = false
    }
    const follow = async (): Promise<void> => {
      for (let pages = 0; writing || pages === 0; pages++) {
        const { batches, record } = await other.read(run, 0, 1_000_000)
        equal(batches.at(-1)?.last, record.tail, 'a page that holds everything ends at the tail of its record')
      }
    }
    await Promise.all([write(), follow()])
    await expectLog(other, run, Array.from({ length: 59 }, (_, i) => String(i + 1)), 'the log')
  },

  async 'an unknown run is not_found'({ store }) {
    await refused(store.read(idPart(), 0, 1000), 'not_found', 'read')
    await refused(store.load(idPart()), 'not_found', 'load')
    equal(await store.find(idPart()), null, 'find')
  },
})
