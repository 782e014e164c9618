import { hasCode, MillraceError } from '../event/error.ts'
import { entriesOf } from '../event/lines.ts'
import { createOutline } from '../event/outline.ts'
import type { Entry } from '../event/run-event.ts'
import { SnapshotFold, type Snapshot } from '../event/snapshot.ts'
import type { RunId, Seal, Store } from '../store/store.ts'
import { pack } from './seal.ts'

/** So much of a log is packed at a time: a slice of work between turns of the event loop. */
const SLICE_SIZE = 256 * 1024
/** A larger folded answer is not kept beside the log but folded anew when asked for. */
const SNAPSHOT_SIZE = 1024 * 1024

/** Packs an ended run's log to its end, slice by slice, and keeps the folded answer with it. */
export async function sealRun(store: Store, run: RunId): Promise<void> {
  const outline = createOutline()
  const fold = new SnapshotFold()
  for (;;) {
    const { batches, record } = await store.read(run, outline.offset, SLICE_SIZE)
    if (batches.length === 0) return
    for (const batch of batches) {
      for (const entry of entriesOf(batch, fold.offset)) fold.add(entry)
    }
    const done = fold.offset === record.tail
    const segments = pack(batches, outline)
    if (record.sealedTo >= fold.offset && !done) continue
    const snapshot = done ? JSON.stringify(fold.value()) : null
    await sealUnlessDone(store, run, { segments, snapshot: snapshot !== null && snapshot.length <= SNAPSHOT_SIZE ? snapshot : null })
    if (done) return
  }
}

/** Two processes may pack one log; the second finds other rows than it read, and has nothing left to do. */
async function sealUnlessDone(store: Store, run: RunId, seal: Seal): Promise<void> {
  try {
    await store.seal(run, seal)
  } catch (error) {
    if (!hasCode(error, 'conflict')) throw error
  }
}

/**
 * What a run says so far, folded.
 * @param maxSize UTF-16 units of text and sources
 * @throws MillraceError `too_large`
 */
export async function snapshotOf(store: Store, run: RunId, maxSize: number = Infinity): Promise<Snapshot> {
  const { record, snapshot } = await store.load(run)
  if (snapshot !== null) return JSON.parse(snapshot) as Snapshot
  const fold = new SnapshotFold()
  while (fold.offset < record.tail) {
    const { batches } = await store.read(run, fold.offset, SLICE_SIZE)
    if (batches.length === 0) break
    for (const entry of batches.flatMap((batch): Entry[] => [...entriesOf(batch, fold.offset)])) fold.add(entry)
    if (fold.size > maxSize) throw new MillraceError('too_large', 'This run says too much for one document. Read it as a stream.')
  }
  return fold.value(record.status)
}
