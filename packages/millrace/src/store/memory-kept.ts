import type { Batch } from '../event/batch.ts'
import { needsOwner, needsSeal, type RunState } from './rules.ts'
import type { Checkpoint, ListFilter, RunRecord, Signal } from './store.ts'

/** A run as the memory store holds it. */
export interface Kept {
  state: RunState
  /** Committed batches, in order and without a gap. */
  rows: Batch[]
  /** What the last recorded write said; it outlives its row, which sealing may pack. */
  lastBytes: Uint8Array
  input: string
  checkpoint: Checkpoint | null
  snapshot: string | null
  /** Ids of all signals there ever were. */
  signalled: Set<string>
  /** Until when somebody reads it, by node. */
  readonly readers: Map<string, number>
  /** Replaced, never changed in place: callers are handed this very array. */
  pending: readonly Signal[]
}

export const NOTHING: Uint8Array = new Uint8Array()

/** Leaves the tombstone and nothing else. */
export function empty(kept: Kept, record: RunRecord): void {
  kept.state = { ...kept.state, record, nonce: null, last: null }
  kept.rows = []
  kept.lastBytes = NOTHING
  kept.input = ''
  kept.checkpoint = null
  kept.snapshot = null
  kept.signalled = new Set()
  kept.readers.clear()
  kept.pending = []
}

export function isNeeded(kept: Kept, filter: ListFilter, now: number): boolean {
  const { record } = kept.state
  switch (filter.needs) {
    case 'owner': return needsOwner(record, kept.pending.length > 0, now)
    case 'seal': return needsSeal(record)
    default: return true
  }
}

/** Index of the first row with something after offset `after`: a binary search. */
export function rowAfter(rows: readonly Batch[], after: number): number {
  let low = 0
  let high = rows.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((rows[middle]?.last ?? 0) > after) high = middle
    else low = middle + 1
  }
  return low
}
