import type { Batch } from '../../event/batch.ts'
import { equal, eventually, truthy } from './check.ts'
import { batchesOf, createOptions, ends, idPart, newNonce, renews, says, start, startSaying } from './fixtures.ts'
import { casesOf, LONG } from './harness.ts'
import type { Bench, ConformanceCase } from './harness.ts'
import { joinedWrite, packed } from './pack.ts'
import type { Lease, RunId, Store } from '../store.ts'

/** Everything that must wake whoever watches the run. */
const CHANGES: Readonly<Record<string, (store: Store, run: RunId, lease: Lease) => Promise<unknown>>> = {
  'entries wake': (store, run, lease) => store.append(run, lease, says(1, 'a')),
  'an end wakes': (store, run, lease) => store.append(run, lease, ends(1)),
  'a release wakes': (store, run, lease) => store.append(run, lease, { ...renews(1), release: 'waiting' }),
  'a takeover wakes': (store, run) => store.acquire(run, newNonce(), LONG, { revoke: true }),
  'a signal wakes': (store, run) => store.signal(run, { id: 's', type: 'cancel', data: 'null' }),
  'a deletion wakes': (store, run) => store.delete(run),
}

/** More often than an engine's own doubts ever wake anybody in so short a time. */
const OFTEN = 20

const changeCases = Object.entries(CHANGES).map(([name, change]) => [
  `${name} the watchers of every handle`,
  async (bench: Bench): Promise<void> => {
    const other = await bench.second()
    const { run, lease } = await start(bench.store)
    let [here, there] = [0, 0]
    const unwatchHere = bench.store.watch(run, () => here++)
    const unwatchThere = other.watch(run, () => there++)
    await change(bench.store, run, lease)
    await eventually(() => here > 0 && there > 0, name)
    unwatchHere()
    unwatchThere()
  },
] as const)

export const watchCases: readonly ConformanceCase[] = casesOf('watch', {
  ...Object.fromEntries(changeCases),

  async 'a watcher may be there before its run'({ store }) {
    const run = idPart()
    let woken = 0
    store.watch(run, () => woken++)
    await store.create(run, createOptions(run))
    await eventually(() => woken > 0, 'woken by create')
  },

  async 'what wakes is readable: the change is committed before the call'(bench) {
    const other = await bench.second()
    const { run, lease } = await start(bench.store)
    const [reads, seen, early]: [Promise<void>[], number[], number[]] = [[], [], []]
    const leave = other.watch(run, (batch) => {
      reads.push(other.read(run, 0, 1).then(({ record }) => {
        seen.push(record.tail)
        if (batch && record.tail < batch.last) early.push(batch.last)
      }))
    })
    await bench.store.append(run, lease, says(1, 'a'))
    await eventually(() => seen.includes(2), 'a wake-up after which the entry is read')
    leave()
    await Promise.all(reads)
    equal(early, [], 'batches handed out before they could be read')
  },

  async 'a batch that comes with a wake-up is the one that was committed'({ store }) {
    const { run, lease } = await start(store)
    let woken = 0
    const hints: Batch[] = []
    store.watch(run, (batch) => {
      woken++
      if (batch) hints.push(batch)
    })
    for (const write of [says(1, 'a', 'b'), joinedWrite(says(3, 'c', 'd'))]) {
      const before = woken
      await store.append(run, lease, write)
      await eventually(() => woken > before, 'a wake-up')
    }
    const { batches } = await store.read(run, 1, 1000)
    for (const hint of hints) equal(hint, batches.find(({ first }) => first === hint.first), 'the hint')
  },

  async 'renewing and packing wake nobody: who is woken renews, and would do so for ever'({ store }) {
    const { run, lease } = await startSaying(store, Array.from({ length: OFTEN }, () => 'a'))
    let woken = 0
    store.watch(run, () => woken++)
    let tail = OFTEN + 1
    const wakesSeldom = async (what: string, change: () => Promise<unknown>): Promise<void> => {
      const before = woken
      await change()
      const until = woken
      await store.append(run, lease, says(tail++, 'b'))
      await eventually(() => woken > until, 'a wake-up by what is said')
      truthy(woken - before < OFTEN / 2, `${what} ${String(OFTEN)} times woke ${String(woken - before)} times`)
    }
    await wakesSeldom('renewing', async () => {
      for (let i = 0; i < OFTEN; i++) await store.append(run, lease, renews(tail))
    })
    const rows = await batchesOf(store, run)
    await wakesSeldom('packing', async () => {
      for (const row of rows) await store.seal(run, { segments: [packed([row])], snapshot: null })
    })
  },

  async 'each watcher is called, and none after it left'({ store }) {
    const { run, lease } = await start(store)
    const counts = [0, 0]
    const same = (): void => {
      counts[1] = (counts[1] ?? 0) + 1
    }
    const leave = store.watch(run, () => {
      counts[0] = (counts[0] ?? 0) + 1
    })
    store.watch(run, same)
    const leaveSame = store.watch(run, same)
    await store.append(run, lease, says(1, 'a'))
    await eventually(() => (counts[0] ?? 0) >= 1 && (counts[1] ?? 0) >= 2, 'three watchers')
    leave()
    leaveSame()
    leaveSame()
    const before = [...counts]
    await store.append(run, lease, says(2, 'b'))
    await eventually(() => (counts[1] ?? 0) > (before[1] ?? 0), 'the one that stayed')
    equal(counts[0], before[0], 'the one that left')
  },

  async 'a watcher may leave, read and write from within its call'({ store }) {
    const { run, lease } = await start(store)
    const done: Promise<unknown>[] = []
    const leave = store.watch(run, () => {
      leave()
      done.push(store.find(run), store.signal(run, { id: 's', type: 'input', data: '1' }))
    })
    equal((await store.append(run, lease, says(1, 'a'))).tail, 2, 'the write that woke')
    await eventually(() => done.length > 0, 'a wake-up')
    await Promise.all(done)
    equal((await store.append(run, lease, renews(2))).signals.map(({ id }) => id), ['s'], 'the signal from within')
  },

  async 'a watcher is never called within the call that it follows'({ store }) {
    const { run, lease } = await start(store)
    let [within, woken] = [true, false]
    let calledWithin = false
    store.watch(run, () => {
      calledWithin ||= within
      woken = true
    })
    const call = store.append(run, lease, says(1, 'a'))
    within = false
    await call
    await eventually(() => woken, 'a wake-up')
    truthy(!calledWithin, 'the call returned before the watcher was called')
  },
})
