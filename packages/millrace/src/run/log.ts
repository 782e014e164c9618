import type { Batch } from '../event/batch.ts'
import type { Cursor } from '../event/cursor.ts'
import { MillraceError } from '../event/error.ts'
import type { RunRecord } from '../store/store.ts'

const END_HEAD = new TextEncoder().encode('{"type":"end"')
const LF = 0x0a
const decoder = new TextDecoder()

/** Whether the batch's last entry is terminal, read without parsing. */
export function endsRun(batch: Batch): boolean {
  const { first, last, bytes, parts } = batch
  // One entry is one line: there is nothing to look for, and most batches of a paced run are one.
  const start = first === last && parts === null ? 0 : bytes.lastIndexOf(LF) + 1
  // A plain loop: asked of every batch, which may be one token, and `every` took a thirtieth of all that a token costs.
  for (let index = 0; index < END_HEAD.length; index += 1) if (bytes[start + index] !== END_HEAD[index]) return false
  return true
}

/** Whether the batch's last entry says `completed`. */
export function endsCompleted(batch: Batch): boolean {
  const last = decoder.decode(batch.bytes.subarray(batch.bytes.lastIndexOf(LF) + 1))
  return (JSON.parse(last) as { readonly status?: unknown }).status === 'completed'
}

/** The epoch under which the entry at `offset` was written. */
export function epochAt(record: RunRecord, offset: number): string {
  const { epochs } = record
  for (let index = epochs.length - 1; index >= 0; index -= 1) {
    const stretch = epochs[index]
    if (stretch && stretch.from <= offset) return stretch.epoch
  }
  return ''
}

/**
 * @throws MillraceError `reset` where the entry the cursor stands on does not exist in this log or
 * was written under another epoch (P13)
 */
export function checkCursor(record: RunRecord, cursor: Cursor): void {
  const stands = cursor.frame === 0 ? cursor.offset : cursor.offset + 1
  if (stands < 1 || stands > record.tail || epochAt(record, stands) !== cursor.epoch) {
    throw new MillraceError('reset', 'The cursor belongs to another log than this run has now. Read it again from the start.')
  }
}
