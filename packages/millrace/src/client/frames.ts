import { parseCursor, type Cursor } from '../event/cursor.ts'
import { hasCode, MillraceError } from '../event/error.ts'
import type { Entry } from '../event/run-event.ts'
import { SseDecoder, type SseMessage } from '../format/sse-decode.ts'

/** Where a follow stands; it outlives the connections. */
export interface Place {
  cursor: Cursor | null
}

export interface Arrived {
  readonly entries: readonly Entry[]
  /** The newest `retry:` among them. */
  readonly retry: number | null
  /** Why this connection is of no more use: the terminal entry came, or something went wrong. */
  readonly over: 'ended' | MillraceError | null
}

/**
 * One connection's bytes as entries that join `place`, which moves on with them. What the place is
 * past already is dropped. What does not join it ends the connection: the next one begins there.
 */
export class FrameReader {
  readonly #decoder = new SseDecoder()
  readonly #place: Place

  constructor(place: Place) {
    this.#place = place
  }

  push(chunk: Uint8Array): Arrived {
    const entries: Entry[] = []
    let retry: number | null = null
    let over: Arrived['over'] = null
    for (const event of this.#decoder.push(chunk)) {
      if (event.type === 'retry') retry = event.ms
      if (event.type === 'message') over = this.#take(event, entries)
      if (over !== null) break
    }
    return { entries, retry, over }
  }

  #take(message: SseMessage, entries: Entry[]): Arrived['over'] {
    const said = eventOf(message.data)
    if (!message.ownId) return controlOf(said?.type)
    const cursor = cursorOf(message.id)
    if (said === null || cursor === null) return unreadable('The stream holds something that is no entry.')
    const { offset } = cursor
    const reached = this.#place.cursor?.offset ?? 0
    if (offset <= reached) return null
    // Only deltas are ever joined; in an event of the user's own, `first` is the user's.
    const first = (said.type === 'delta' ? said.first : undefined) ?? offset
    if (first !== reached + 1) return unreadable('The stream does not go on where it was left.')
    this.#place.cursor = cursor
    entries.push(Object.assign(said, { offset }))
    return said.type === 'end' ? 'ended' : null
  }
}

function eventOf(data: string): Entry | null {
  try {
    const event: unknown = JSON.parse(data)
    const typed = typeof event === 'object' && event !== null && 'type' in event && typeof event.type === 'string'
    return typed ? (event as Entry) : null
  } catch {
    return null
  }
}

/** The place a frame leads to. In this dialect every frame is a whole entry. */
function cursorOf(id: string): Cursor | null {
  try {
    const cursor = parseCursor(id)
    return cursor.frame === 0 ? cursor : null
  } catch (error) {
    if (hasCode(error, 'invalid_cursor')) return null
    throw error
  }
}

/** What has no id is no entry; the server speaks about the log itself there. */
function controlOf(type: string | undefined): MillraceError | null {
  if (type !== 'reset' && type !== 'gone') return null
  return new MillraceError(type, type === 'gone' ? 'The run was deleted.' : 'The log was begun anew.')
}

function unreadable(message: string): MillraceError {
  return new MillraceError('invalid_response', message, { retryable: true })
}
