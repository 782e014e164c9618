import type { Batch } from '../event/batch.ts'
import { hasCode, MillraceError } from '../event/error.ts'
import { entriesOf } from '../event/lines.ts'
import { createOutline, type Outline } from '../event/outline.ts'
import { packSnapshot, SnapshotFold, unpackSnapshot, type Snapshot } from '../event/snapshot.ts'
import type { Loaded, RunId, Seal, Store } from '../store/store.ts'
import { outlineAt } from './outline-at.ts'
import { pack } from './seal.ts'
import { nextTurn } from './turn.ts'

/** So much of a log is packed at a time: a slice of work between turns of the event loop. */
const SLICE_SIZE = 256 * 1024
/** In UTF-16 units. A larger folded answer is not kept beside the log but folded anew when asked for. */
const SNAPSHOT_SIZE = 1024 * 1024

/** Fewer lines are parsed one by one: what is said at full speed is joined already. */
const MANY_LINES = 64

/** So many bytes of rows are packed at a time while a run is written to: about a millisecond of work. */
export const ROLL_SIZE: number = 64 * 1024

/** Packs an ended run's log to its end, slice by slice, and keeps the folded answer with it. */
export async function sealRun(store: Store, run: RunId): Promise<void> {
  const outline = createOutline()
  const fold = new SnapshotFold()
  for (;;) {
    const { batches, record } = await store.read(run, outline.offset, SLICE_SIZE)
    if (batches.length === 0) return
    await nextTurn()
    const segments = pack(batches, outline)
    // Of what is joined: a tenth of the entries, or less.
    addAll(fold, segments)
    const done = fold.offset === record.tail
    if (record.sealedTo >= fold.offset && !done) continue
    const snapshot = done && fold.size <= SNAPSHOT_SIZE ? packSnapshot(fold.value()) : null
    await sealUnlessDone(store, run, { segments, snapshot })
    if (done) return
  }
}

/**
 * Packs what a run that is written to has grown by, all but the newest rows. Each row is packed once;
 * the end makes larger segments of the last of these small ones.
 * @param known the outline where the sealed part ends, where the caller has it from the last time
 * @returns that outline as it is now; `null` where somebody else sealed meanwhile
 */
export async function rollRun(store: Store, run: RunId, known: Outline | null): Promise<Outline | null> {
  let outline = known ?? createOutline()
  for (;;) {
    const { batches, record } = await store.read(run, outline.offset, ROLL_SIZE)
    if (record.sealedTo !== outline.offset) {
      outline = await outlineAt(store, run, record.sealedTo)
      continue
    }
    // A page that something follows is full; the newest stays as it is, and its end packs an ended run.
    if (record.endedAt !== null || (batches.at(-1)?.last ?? record.tail) >= record.tail) return outline
    await nextTurn()
    const segments = pack(batches, outline)
    if (!(await sealUnlessDone(store, run, { segments, snapshot: null }))) return null
  }
}

/** @returns false where two processes pack one log and this is the second: it finds other rows than it read, and leaves it at that */
async function sealUnlessDone(store: Store, run: RunId, seal: Seal): Promise<boolean> {
  try {
    await store.seal(run, seal)
    return true
  } catch (error) {
    if (!hasCode(error, 'conflict')) throw error
    return false
  }
}

function isMany(batches: readonly Batch[]): boolean {
  return batches.reduce((lines, { first, last, parts }) => lines + (parts === null ? last - first + 1 : 1), 0) >= MANY_LINES
}

function addAll(fold: SnapshotFold, batches: readonly Batch[]): void {
  for (const batch of batches) {
    for (const entry of entriesOf(batch, fold.offset)) fold.add(entry)
  }
}

/**
 * What a run says so far, folded: no further call of the store where its folded answer is kept.
 * @param maxSize UTF-16 units of text and sources
 * @throws MillraceError `too_large`
 */
export async function foldedIn(store: Store, { record, snapshot }: Pick<Loaded, 'record' | 'snapshot'>, maxSize: number): Promise<Snapshot> {
  if (snapshot !== null) return unpackSnapshot(snapshot)
  const fold = new SnapshotFold()
  const outline = createOutline()
  while (fold.offset < record.tail) {
    const { batches } = await store.read(record.id, fold.offset, SLICE_SIZE)
    if (batches.length === 0) break
    await nextTurn()
    // Joining a delta is cheaper than parsing it, and whoever waits for a result asks before its log is packed.
    addAll(fold, isMany(batches) ? pack(batches, outline) : batches)
    if (fold.size > maxSize) throw new MillraceError('too_large', 'This run says too much for one document. Read it as a stream.')
  }
  return fold.value(record.status)
}
