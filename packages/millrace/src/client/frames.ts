import { MillraceError } from '../event/error.ts'
import type { BlockStartEvent, Entry } from '../event/run-event.ts'
import type { SseEvent } from '../format/sse-decode.ts'
import { broken } from './connection.ts'
import { parserFor } from './entry-parser.ts'

/** Where a follow stands; it outlives the connections. */
export interface Place {
  /** As the wire wrote it; '' before the first entry. */
  cursor: string
  offset: number
  /** The server's newest `retry:` within bounds; 0 before one came. */
  retry: number
  /** Parses entries, best those of the newest block. */
  parse: (json: string) => unknown
}

/** A server that says `retry: 0` is not stormed, and one that says a year is not waited for. */
const PAUSE_MIN = 100
const PAUSE_MAX = 60_000

const ZERO = 0x30

/**
 * 0 for '', NaN for a place inside an entry: here every frame is a whole one. What precedes the number
 * is the server's business. By hand, because a slice and `Number` take twice as long.
 */
function offsetOf(cursor: string): number {
  let offset = 0
  for (let at = cursor.indexOf('-') + 1; at < cursor.length; at += 1) {
    const digit = cursor.charCodeAt(at) - ZERO
    if (digit < 0 || digit > 9) return NaN
    offset = offset * 10 + digit
  }
  return offset
}

/** @param cursor '' for the start, as before the first entry */
export function placeOf(cursor: string): Place {
  const offset = offsetOf(cursor)
  if (!(offset >= 0)) throw new MillraceError('invalid_cursor', 'The cursor is malformed.')
  return { cursor, offset, retry: 0, parse: JSON.parse }
}

/**
 * Adds the event's entry to `entries` if it joins `place`, which moves on with it; what the place
 * is past already is dropped. Says whether it is the terminal one. Throws what makes the connection useless.
 */
export function join(event: SseEvent, place: Place, entries: Entry[]): boolean {
  if (event.type === 'retry') {
    place.retry = Math.min(Math.max(event.ms, PAUSE_MIN), PAUSE_MAX)
    return false
  }
  const { id } = event
  const entry = place.parse(event.data) as Arrived
  const { type } = entry
  // What has no id is no entry but the server speaking about the log itself.
  if (id === null) {
    if (type === 'reset' || type === 'gone') throw new MillraceError(type, 'The log is gone.')
    return false
  }
  const offset = offsetOf(id)
  if (offset <= place.offset) return false
  // Only deltas are ever joined; in an event of the user's own, `first` is the user's.
  const first = (type === 'delta' && entry.first) || offset
  // Also where the id has no offset that could be compared.
  if (first !== place.offset + 1) throw broken('The log has a gap.')
  place.cursor = id
  place.offset = offset
  entry.offset = offset
  entries.push(entry as Entry)
  if (type === 'block_start') place.parse = parserFor(entry as BlockStartEvent)
  return type === 'end'
}

/** An entry as it came, before it is told its offset. */
interface Arrived {
  readonly type: string
  readonly first?: number
  offset?: number
}
