import fc from 'fast-check'
import { expect, test, vi } from 'vitest'
import { createOutline, foldOutline } from '../event/outline.ts'
import { SnapshotFold, type Snapshot } from '../event/snapshot.ts'
import { memory } from '../store/memory.ts'
import type { RunId, Store } from '../store/store.ts'
import { entriesIn, joined, start, startEnded } from '../store/testing/fixtures.ts'
import { outlineAt } from './outline-at.ts'
import { foldedIn, sealRun } from './sealer.ts'
import { faulty } from '../../../../test/support/run/faulty.ts'
import { logOf, logs } from '../../../../test/support/run/logs.ts'

const encoder = new TextEncoder()

/** A run with these lines after its start, `size` a write; the last of them ends it. */
async function written(store: Store, lines: readonly string[], size: number): Promise<RunId> {
  const { run, lease } = await start(store)
  const rest = lines.slice(1)
  for (let at = 0; at < rest.length; at += size) {
    const part = rest.slice(at, at + size)
    const ends = part.some((line) => line.startsWith('{"type":"end"'))
    await store.append(run, lease, { after: at + 1, bytes: encoder.encode(part.join('\n')), count: part.length, ...(ends ? { end: 'completed' as const } : {}) })
  }
  return run
}

async function snapshotOf(store: Store, run: RunId): Promise<Snapshot> {
  return foldedIn(store, await store.load(run), Infinity)
}

test('sealing changes neither what is told nor what was said, at whatever offset one looks', async () => {
  await fc.assert(fc.asyncProperty(logs, fc.integer({ min: 1, max: 9 }), async (lines, size) => {
    const store = memory()
    const run = await written(store, lines, size)
    const before = { entries: joined(await entriesIn(store, run)), snapshot: await snapshotOf(store, run) }
    const outlines = await Promise.all(lines.map((_, index) => outlineAt(store, run, index + 1)))
    await sealRun(store, run)
    expect(joined(await entriesIn(store, run))).toEqual(before.entries)
    expect(await snapshotOf(store, run)).toEqual(before.snapshot)
    expect(await Promise.all(lines.map((_, index) => outlineAt(store, run, index + 1)))).toEqual(outlines)
  }), { numRuns: 40 })
})

test('an outline at an offset is the fold of the entries up to it', async () => {
  await fc.assert(fc.asyncProperty(logs, async (lines) => {
    const store = memory()
    const run = await written(store, lines, 4)
    const outline = createOutline()
    for (const entry of await entriesIn(store, run)) {
      foldOutline(outline, entry)
      expect(await outlineAt(store, run, entry.offset)).toEqual(outline)
    }
    await expect(outlineAt(store, run, lines.length + 1)).rejects.toMatchObject({ code: 'reset' })
  }), { numRuns: 30 })
})

const long = logOf(Array.from({ length: 30_000 }, (_, n) => `word${String(n % 7)} `), true)

test('a long log is packed slice by slice into few reads, by two processes at once', async () => {
  const store = memory()
  const run = await written(store, long, 100)
  const plain = await entriesIn(store, run)
  await Promise.all([sealRun(store, run), sealRun(faulty(store, { call: () => 'slow' }).store, run)])
  const record = await store.find(run)
  expect(record?.sealedTo).toBe(record?.tail)
  expect(joined(await entriesIn(store, run))).toEqual(joined(plain))
  expect((await store.read(run, 0, 1e9)).batches.length).toBeLessThan(20)
})

test('sealing that stopped half way is finished by the next', async () => {
  const store = memory()
  const run = await written(store, long, 100)
  const plain = await snapshotOf(store, run)
  let seals = 0
  const dying = faulty(store, { call: (name) => (name === 'seal' && ++seals > 3 ? 'busy' : 'ok') })
  await expect(sealRun(dying.store, run)).rejects.toMatchObject({ code: 'store_busy' })
  const half = await store.find(run)
  expect(half?.sealedTo).toBeGreaterThan(1)
  expect(half?.sealedTo).toBeLessThan(long.length)
  expect(await snapshotOf(store, run)).toEqual(plain)
  await sealRun(store, run)
  expect(await store.find(run)).toMatchObject({ sealedTo: long.length })
  expect(await snapshotOf(store, run)).toEqual(plain)
})

test('a folded answer that is too large to keep is folded anew', async () => {
  const store = memory()
  const run = await written(store, logOf(Array.from({ length: 40 }, () => 'x'.repeat(30_000)), true), 1)
  await sealRun(store, run)
  expect((await store.load(run)).snapshot).toBeNull()
  expect((await snapshotOf(store, run)).text).toHaveLength(1_200_000)
})

test('the fold of a log that is not packed yet is made of few entries, and says what all of them say', async () => {
  const store = memory()
  const run = await written(store, long, 100)
  const plain = new SnapshotFold()
  for (const entry of await entriesIn(store, run)) plain.add(entry)
  const added = vi.spyOn(SnapshotFold.prototype, 'add')
  expect(await snapshotOf(store, run)).toEqual(plain.value())
  expect(added.mock.calls.length).toBeLessThan(long.length / 500)
  added.mockRestore()
})

test('sealing again changes nothing', async () => {
  const store = memory()
  const { run } = await startEnded(store)
  await sealRun(store, run)
  const before = await store.read(run, 0, 1000)
  await sealRun(store, run)
  expect(await store.read(run, 0, 1000)).toEqual(before)
})

test('a running run folds to what it says so far', async () => {
  const store = memory()
  const run = await written(store, logOf(['so ', 'far'], false), 1)
  const fold = new SnapshotFold()
  for (const entry of await entriesIn(store, run)) fold.add(entry)
  expect(await snapshotOf(store, run)).toEqual(fold.value('running'))
  expect(fold.value('running')).toMatchObject({ status: 'running', text: 'so far' })
})

test.each<[string, (store: Store, run: RunId) => Promise<unknown>]>([['packed', sealRun], ['folded', snapshotOf]])('while a long log is %s the event loop goes on', async (_what, work) => {
  const store = memory()
  const run = await written(store, long, 100)
  let reads = 0
  let [passed, working] = [0, true]
  const turn = (): void => {
    passed += 1
    if (working) setImmediate(turn)
  }
  setImmediate(turn)
  await work(faulty(store, { call: (name) => { if (name === 'read') reads += 1; return 'ok' } }).store, run)
  working = false
  expect(reads).toBeGreaterThan(5)
  expect(passed).toBeGreaterThanOrEqual(reads - 1)
})
