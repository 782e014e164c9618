/** Who tests the tests: each planted fault must be caught by the cases and by the histories. */
import { expect, test } from 'vitest'
import { MillraceError } from '../../event/error.ts'
import type { Batch } from '../../event/batch.ts'
import type { Lease, RunId, Store, Write } from '../store.ts'
import { conformanceCases } from './cases.ts'
import { decode, encode } from './fixtures.ts'
import { SHORT } from './harness.ts'
import { runHistories } from './histories.ts'
import { memoryHarness } from '../../../../../test/support/memory-harness.ts'

/** A store that does as `store` does, except for `changes`. */
function changed(store: Store, changes: Partial<Store>): Store {
  return {
    create: (...args) => store.create(...args),
    acquire: (...args) => store.acquire(...args),
    append: (...args) => store.append(...args),
    read: (...args) => store.read(...args),
    find: (...args) => store.find(...args),
    load: (...args) => store.load(...args),
    watch: (...args) => store.watch(...args),
    signal: (...args) => store.signal(...args),
    touch: (...args) => store.touch(...args),
    seal: (...args) => store.seal(...args),
    list: (...args) => store.list(...args),
    delete: (...args) => store.delete(...args),
    close: () => store.close(),
    ...changes,
  }
}

async function codeOf(call: Promise<unknown>): Promise<string | null> {
  return call.then(() => null, (error: unknown) => (error instanceof MillraceError ? error.code : 'none'))
}

function acceptsStaleFence(store: Store): Store {
  const current = new Map<RunId, Lease>()
  return changed(store, {
    async create(run, options) {
      const created = await store.create(run, options)
      if (created.lease) current.set(run, created.lease)
      return created
    },
    async acquire(...args) {
      const taken = await store.acquire(...args)
      if (taken) current.set(args[0], taken.lease)
      return taken
    },
    async append(run, lease, write) {
      const refused = (await codeOf(store.append(run, lease, write))) === 'fenced'
      return store.append(run, refused ? (current.get(run) ?? lease) : lease, write)
    },
  })
}

function doublesRetries(store: Store): Store {
  const last = new Map<RunId, Write>()
  return changed(store, {
    async append(run, lease, write) {
      const record = await store.find(run)
      const repeated = last.get(run) === write && write.count > 0 && record?.status === 'running'
      last.set(run, write)
      return store.append(run, lease, repeated ? { ...write, after: record.tail } : write)
    },
  })
}

function dropsEntries(store: Store): Store {
  return changed(store, {
    append(run, lease, write) {
      const lines = decode(write.bytes).split('\n')
      if (lines.length < 3) return store.append(run, lease, write)
      const bytes = encode(lines.slice(1).join('\n'))
      return store.append(run, lease, { ...write, bytes, count: write.count - 1 })
    },
  })
}

function losesRows(store: Store): Store {
  return changed(store, {
    async read(...args) {
      const page = await store.read(...args)
      return { ...page, batches: page.batches.filter((_, i) => i !== 3) }
    },
  })
}

function forgetsSignals(store: Store): Store {
  let count = 0
  return changed(store, {
    async signal(run, signal) {
      const record = await store.find(run)
      return record?.deletedAt === null && ++count % 3 === 0 ? record : store.signal(run, signal)
    },
  })
}

function endsTwice(store: Store): Store {
  return changed(store, {
    async append(run, lease, write) {
      const call = store.append(run, lease, write)
      if (write.end === undefined || (await codeOf(call)) !== 'ended') return call
      return { tail: ((await store.find(run))?.tail ?? 0) + write.count, signals: [] }
    },
  })
}

/** Looks whether the place is right, and only then writes, wherever the tail may be by then. */
function checksBeforeItWrites(store: Store): Store {
  return changed(store, {
    async append(run, lease, write) {
      if ((await store.find(run))?.tail !== write.after) return store.append(run, lease, write)
      for (let after = write.after; ; ) {
        const call = store.append(run, lease, { ...write, after })
        if ((await codeOf(call)) !== 'conflict') return call
        after = (await store.find(run))?.tail ?? after
      }
    },
  })
}

function savesCheckpointsApart(store: Store): Store {
  const checkpoints = new Map<RunId, string>()
  return changed(store, {
    append(run, lease, write) {
      if (write.checkpoint !== undefined) checkpoints.set(run, write.checkpoint)
      return store.append(run, lease, write)
    },
    async load(run) {
      const loaded = await store.load(run)
      const data = checkpoints.get(run)
      return data === undefined || !loaded.checkpoint ? loaded : { ...loaded, checkpoint: { ...loaded.checkpoint, data } }
    },
  })
}

function sealsWithoutBoundaries(store: Store): Store {
  const withoutParts = (batch: Batch): Batch => ({ ...batch, parts: null })
  return changed(store, {
    seal: (run, seal) => store.seal(run, { ...seal, segments: seal.segments.map(withoutParts) }),
  })
}

function forgetsLengths(store: Store): Store {
  return changed(store, { append: (run, lease, { parts: _parts, ...write }) => store.append(run, lease, write) })
}

function neverLetsGo(store: Store): Store {
  const policy = { retention: Infinity, tombstone: Infinity }
  return changed(store, { create: (run, options) => store.create(run, { ...options, policy }) })
}

/** No fault: once for each run that has ended it is so slow that the run may be gone when it is asked the next thing. */
function takesItsTime(store: Store): Store {
  const slow = new Set<RunId>()
  return changed(store, {
    async find(run) {
      const record = await store.find(run)
      if (record?.endedAt && !slow.has(run)) {
        slow.add(run)
        await new Promise((resolve) => setTimeout(resolve, 3 * SHORT))
      }
      return record
    },
  })
}

const FAULTS: readonly (readonly [fault: (store: Store) => Store, caughtBy: string])[] = [
  [acceptsStaleFence, 'append: refuses every former holder after a takeover'],
  [doublesRetries, 'retry: of the last write is answered with its success and doubles nothing'],
  [dropsEntries, 'append: a thousand entries in one write keep their order'],
  [losesRows, 'read: from every offset gives exactly what follows it, whatever the size of a page'],
  [forgetsSignals, 'signal: reaches the holder with its next write, in order, until it is consumed'],
  [endsTwice, 'end: nobody writes to an ended run, neither its last holder nor an earlier one'],
  [checksBeforeItWrites, 'append: of a hundred writes from one place exactly one wins'],
  [savesCheckpointsApart, 'append: a refused write leaves checkpoint, signals and status alone'],
  [sealsWithoutBoundaries, 'seal: of a whole log changes nothing that can be read'],
  [forgetsLengths, 'append: a line of several entries is kept with the lengths of their texts, whatever their number and size'],
  [neverLetsGo, 'expiry: data goes when its retention has passed, and a tombstone stays'],
]

for (const [fault, caughtBy] of FAULTS) {
  const harness = memoryHarness({ wrap: fault })

  test(`a store that ${fault.name} is caught by a case`, async () => {
    const failed: string[] = []
    for (const each of conformanceCases) await each.run(harness).catch(() => failed.push(each.name))
    expect(failed).toContain(caughtBy)
    expect(failed.length).toBeLessThan(conformanceCases.length / 2)
  })

  test(`a store that ${fault.name} is caught by histories, which shrink and say how to see it again`, async () => {
    const found = await runHistories(harness, { runs: 1000, seed: 7 }).catch((error: unknown) => String(error))
    expect(found).toMatch(/seed: 7, path: "[\d:]+"/)
    expect(found).toMatch(/Shrunk [1-9]\d* time/)
  })
}

test('a run that goes by the clock between two calls is no fault', async () => {
  const seen = await runHistories(memoryHarness({ clock: 'real', wrap: takesItsTime }), { runs: 25, seed: 7 })
  expect(seen.get('append gone')).toBeGreaterThan(0)
})
