import { MillraceError } from '../event/error.ts'
import type { Entry } from '../event/run-event.ts'
import { SseDecoder, type SseMessage } from '../format/sse-decode.ts'
import { broken } from './connection.ts'

/** Where a follow stands; it outlives the connections. */
export interface Place {
  /** As the wire wrote it; '' before the first entry. */
  cursor: string
  offset: number
}

// In this dialect every frame is a whole entry, so a place inside an entry is none of ours. The
// epoch is the server's business: it says `reset` when a cursor is not of its log.
const CURSOR = /^\w+-(\d+)$/

function offsetOf(cursor: string): number {
  return Number(CURSOR.exec(cursor)?.[1])
}

/** @param cursor '' for the start, as before the first entry */
export function placeOf(cursor: string): Place {
  if (cursor === '') return { cursor, offset: 0 }
  const offset = offsetOf(cursor)
  if (Number.isNaN(offset)) throw new MillraceError('invalid_cursor', 'The cursor is malformed.')
  return { cursor, offset }
}

/**
 * One connection's bytes as entries that join `place`, which moves on with them. What the place is
 * past already is dropped.
 */
export class FrameReader {
  readonly #decoder = new SseDecoder()
  readonly #place: Place

  constructor(place: Place) {
    this.#place = place
  }

  /**
   * Adds the chunk's entries to `entries`, and returns its newest `retry:` if it has one. Throws
   * what makes the connection useless; `entries` holds what came before that.
   */
  push(chunk: Uint8Array, entries: Entry[]): number | null {
    let retry: number | null = null
    for (const event of this.#decoder.push(chunk)) {
      if (event.type === 'retry') retry = event.ms
      if (event.type === 'message') this.#take(event, entries)
    }
    return retry
  }

  #take({ data, id, ownId }: SseMessage, entries: Entry[]): void {
    const place = this.#place
    const entry = JSON.parse(data) as Entry
    const { type } = entry as { type: string }
    // What has no id is no entry but the server speaking about the log itself.
    if (!ownId && (type === 'reset' || type === 'gone')) throw new MillraceError(type, 'The log is gone.')
    if (!ownId) return
    const offset = offsetOf(id)
    if (offset <= place.offset) return
    // Only deltas are ever joined; in an event of the user's own, `first` is the user's.
    const first = (entry.type === 'delta' && entry.first) || offset
    if (Number.isNaN(offset) || first !== place.offset + 1) throw broken('The stream has a gap.')
    Object.assign(place, { cursor: id, offset })
    entries.push(Object.assign(entry, { offset }))
  }
}
