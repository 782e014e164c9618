import { MillraceError } from './error.ts'

/**
 * A place in a log as the wire names it: every frame of the entries up to `offset` was delivered,
 * and `frame` frames of the entry after it (PROTOCOL.md §4).
 */
export interface Cursor {
  /** The epoch under which the frame's own entry was written. */
  readonly epoch: string
  readonly offset: number
  /** 0 unless the entry after `offset` yields several frames and some were delivered. */
  readonly frame: number
  /** The dialect's version, which says what "frame i" means; 0 when `frame` is 0. */
  readonly version: number
}

/** How much of a lease's nonce names its epoch. */
const EPOCH_LENGTH = 8
const FORM = /^([0-9a-f]{8})-(0|[1-9]\d{0,14})(?:\.([1-9]\d{0,5})-([1-9]\d{0,5}))?$/

/** The epoch of everything written under a lease with this nonce. */
export function epochOf(nonce: string): string {
  return nonce.slice(0, EPOCH_LENGTH)
}

export function formatCursor(cursor: Cursor): string {
  const place = `${cursor.epoch}-${String(cursor.offset)}`
  return cursor.frame === 0 ? place : `${place}.${String(cursor.frame)}-${String(cursor.version)}`
}

/** @throws MillraceError `invalid_cursor` for anything that {@link formatCursor} cannot have written. */
export function parseCursor(text: string): Cursor {
  const match = FORM.exec(text)
  if (!match) {
    throw new MillraceError(
      'invalid_cursor',
      'The cursor is malformed. Send back an `id` of this stream unchanged, as Last-Event-ID or ?after=.',
    )
  }
  const [, epoch = '', offset = '', frame = '0', version = '0'] = match
  return { epoch, offset: Number(offset), frame: Number(frame), version: Number(version) }
}
