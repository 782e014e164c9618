import { formatCursor, parseCursor, type Cursor } from '../event/cursor.ts'
import { MillraceError } from '../event/error.ts'
import type { Entry } from '../event/run-event.ts'
import { ACCEPT, CONTENT_TYPE, EVENT_STREAM, LAST_EVENT_ID } from '../protocol/headers.ts'
import type { ConnectionStatus } from './connection.ts'
import { Connector, ourError, type Answer, type Opened } from './connector.ts'
import { FrameReader, type Arrived, type Place } from './frames.ts'
import { defaultHost } from './host.ts'
import { refusalOf, send, type Access } from './request.ts'

export interface FollowFrom {
  /** A cursor that {@link Batches.cursor} gave: go on after it. Default: from the start. */
  readonly after?: string
  /** Leaves when it aborts; the loop throws its reason. */
  readonly signal?: AbortSignal
}

export interface FollowOptions extends FollowFrom, Access {}

/** Entries in arrays, as they arrived together. Never an empty one. */
export interface Batches extends AsyncIterableIterator<readonly Entry[]> {
  /** The place after the array handed out last; `null` before the first entry of a log. */
  readonly cursor: string | null
}

/** What a follow lets others see of itself. */
export interface Observer {
  onStatus(status: ConnectionStatus): void
  onEntries(entries: readonly Entry[]): void
}

/**
 * Follows a run's stream across however many connections to its terminal entry. Reads only as fast
 * as it is read. Leaving the loop drops the connection and changes nothing about the run.
 *
 * @throws MillraceError `incomplete` when the retry budget ran out, `reset` and `gone` when the log
 *   moved away, and whatever the server refused for good.
 */
export function batches(url: string, options: FollowOptions = {}, observer?: Observer): Batches {
  const place: Place = { cursor: options.after === undefined ? null : parseCursor(options.after) }
  const connector = new Connector<Body>(
    options.host ?? defaultHost,
    (signal) => open(url, place.cursor, signal, options),
    (status) => observer?.onStatus(status),
  )
  const leave = (): void => connector.dispatch({ type: 'close' })
  const entries = leavable(readAll(connector, place, options.signal, observer), leave)
  return {
    ...entries,
    get cursor() {
      return place.cursor && formatCursor(place.cursor)
    },
  }
}

/** The same, entry by entry. */
export function follow(url: string, options: FollowOptions = {}): AsyncIterableIterator<Entry> {
  return each(batches(url, options))
}

export function each(source: Batches): AsyncIterableIterator<Entry> {
  return leavable(flatten(source), () => void source.return?.())
}

async function* flatten(source: Batches): AsyncGenerator<Entry> {
  for await (const entries of source) yield* entries
}

/** A generator's own `return()` waits for a pending `next()`, which may wait for ever; this one leaves first. */
export function leavable<T>(source: AsyncGenerator<T>, leave: () => void): AsyncIterableIterator<T> {
  return {
    next: () => source.next(),
    return() {
      leave()
      return source.return(undefined)
    },
    [Symbol.asyncIterator]() {
      return this
    },
  }
}

type Body = ReadableStreamDefaultReader<Uint8Array>

async function open(url: string, cursor: Cursor | null, signal: AbortSignal, access: Access): Promise<Answer<Body>> {
  const resume = cursor === null ? {} : { [LAST_EVENT_ID]: formatCursor(cursor) }
  const response = await send(url, { headers: { [ACCEPT]: EVENT_STREAM, ...resume }, signal }, access)
  if (response.status === 204) return { type: 'ended' }
  if (!response.ok) return refusalOf(response)
  if (response.body === null || !response.headers.get(CONTENT_TYPE)?.startsWith(EVENT_STREAM)) {
    await response.body?.cancel()
    // Worth another try only on a resume: this address did stream before, so something stands between (a portal, say).
    const error = new MillraceError('invalid_response', 'The server did not answer with a stream.', { retryable: cursor !== null })
    return { type: 'refused', error, retryAfter: 0 }
  }
  return { type: 'opened', value: response.body.getReader() }
}

async function* readAll(
  connector: Connector<Body>,
  place: Place,
  signal: AbortSignal | undefined,
  observer: Observer | undefined,
): AsyncGenerator<readonly Entry[]> {
  signal?.throwIfAborted()
  const leave = (): void => connector.dispatch({ type: 'close' })
  signal?.addEventListener('abort', leave)
  try {
    connector.start()
    for (let body = await connector.ready(); body !== null; body = await connector.ready()) {
      for await (const entries of readOne(connector, body, place)) {
        observer?.onEntries(entries)
        yield entries
      }
    }
    signal?.throwIfAborted()
  } finally {
    signal?.removeEventListener('abort', leave)
    leave()
  }
}

/** One connection's entries, until it ends for whatever reason; the connector learns the reason. */
async function* readOne(connector: Connector<Body>, body: Opened<Body>, place: Place): AsyncGenerator<readonly Entry[]> {
  const frames = new FrameReader(place)
  for (;;) {
    connector.dispatch({ type: 'reading' })
    const arrived = await arrival(body.value, frames)
    if (body.signal.aborted) return
    const { entries, retry, over } = arrived
    connector.dispatch({ type: 'bytes', progress: entries.length > 0 })
    if (retry !== null) connector.dispatch({ type: 'retry', ms: retry })
    if (over === 'ended') connector.dispatch({ type: 'ended' })
    else if (over !== null) connector.lost(over)
    if (entries.length > 0) yield entries
    if (over !== null) return
  }
}

async function arrival(body: Body, frames: FrameReader): Promise<Arrived> {
  try {
    const { done, value } = await body.read()
    if (!done) return frames.push(value)
    // A body is cut clean by many a proxy: only the terminal entry says that a run ended.
    return over(new MillraceError('incomplete', 'The stream ended before its terminal entry.', { retryable: true }))
  } catch (error) {
    return over(error)
  }
}

function over(error: unknown): Arrived {
  return { entries: [], retry: null, over: ourError(error) }
}
