import { MillraceError } from '../event/error.ts'
import type { Entry } from '../event/run-event.ts'
import { ACCEPT, CONTENT_TYPE, EVENT_STREAM, LAST_EVENT_ID, MILLRACE_STATUS } from '../protocol/headers.ts'
import type { FollowFrom } from '../protocol/run-handle.ts'
import { broken, type ConnectionEvent, type ConnectionStatus } from './connection.ts'
import { Connector, lostTo, type Answer } from './connector.ts'
import { FrameReader, placeOf, type Place } from './frames.ts'
import { defaultHost } from './host.ts'
import { refusalOf, send, type Access } from './request.ts'

export interface FollowOptions extends FollowFrom, Access {}

/** Entries in arrays, as they arrived together. Never an empty one. */
export interface Batches extends AsyncIterableIterator<readonly Entry[]> {
  /** The place after the array handed out last; '' before the first entry of a log. */
  readonly cursor: string
}

/**
 * Follows a run's stream across however many connections to its terminal entry. Reads only as fast
 * as it is read. Leaving the loop drops the connection and changes nothing about the run.
 *
 * @throws MillraceError `incomplete` when the retry budget ran out, `reset` and `gone` when the log
 *   moved away, and whatever the server refused for good.
 */
export function batches(
  url: string,
  options: FollowOptions = {},
  onStatus?: (status: ConnectionStatus) => void,
): Batches {
  const place: Place = placeOf(options.after ?? '')
  const connector = new Connector<Body>(
    options.host ?? defaultHost,
    (signal) => open(url, place, signal, options),
    onStatus,
  )
  return {
    ...leavable(read(connector, options.signal), () => connector.close()),
    get cursor() {
      return place.cursor
    },
  }
}

/** The same, entry by entry. */
export function follow(url: string, options: FollowOptions = {}): AsyncIterableIterator<Entry> {
  return through(batches(url, options), flatten)
}

export async function* flatten(source: Batches): AsyncGenerator<Entry> {
  for await (const entries of source) yield* entries
}

/** Another view of `source`; who leaves it leaves the source. */
export function through<T>(source: Batches, view: (source: Batches) => AsyncGenerator<T>): AsyncIterableIterator<T> {
  return leavable(view(source), () => void source.return?.())
}

/** A generator's own `return()` waits for a pending `next()`, which may wait for ever; this one leaves first. */
function leavable<T>(source: AsyncGenerator<T>, leave: () => void): AsyncIterableIterator<T> {
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

interface Body {
  readonly reader: ReadableStreamDefaultReader<Uint8Array>
  readonly frames: FrameReader
}

async function open(url: string, place: Place, signal: AbortSignal, access: Access): Promise<Answer<Body>> {
  const resume = place.cursor === '' ? {} : { [LAST_EVENT_ID]: place.cursor }
  const response = await send(url, { headers: { [ACCEPT]: EVENT_STREAM, ...resume }, signal }, access)
  if (!response.ok) return refusalOf(response)
  const { body, headers, status } = response
  // Anybody may answer 204; only the server of a run that has begun can say how it ended.
  if (status === 204 && place.offset > 0 && headers.has(MILLRACE_STATUS)) return { type: 'ended' }
  if (body !== null && headers.get(CONTENT_TYPE)?.startsWith(EVENT_STREAM)) {
    return { type: 'opened', value: { reader: body.getReader(), frames: new FrameReader(place) } }
  }
  await body?.cancel()
  // Worth another try only on a resume: this address did stream, so something stands between (a portal, say).
  throw new MillraceError('invalid_response', 'The answer is no event stream.', { retryable: place.offset > 0 })
}

async function* read(connector: Connector<Body>, leaving: AbortSignal | undefined): AsyncGenerator<readonly Entry[]> {
  try {
    connector.start(leaving)
    for (let body = await connector.ready(); body !== null; body = await connector.ready()) {
      connector.dispatch({ type: 'reading' })
      const entries: Entry[] = []
      const news = await arrival(body.value, entries)
      if (body.signal.aborted) continue
      connector.dispatch({ type: 'bytes', progress: entries.length > 0 })
      if (entries.at(-1)?.type === 'end') connector.dispatch({ type: 'ended' })
      else if (news !== null) connector.dispatch(news)
      if (entries.length > 0) yield entries
    }
  } finally {
    connector.close()
  }
}

/** Reads once, and returns what the connection is to be told about it. */
async function arrival({ reader, frames }: Body, entries: Entry[]): Promise<ConnectionEvent | null> {
  try {
    const { done, value } = await reader.read()
    // Many a proxy ends a body clean when it cuts it: only the terminal entry says that a run ended.
    if (done) throw broken('The stream was cut short.')
    const ms = frames.push(value, entries)
    return ms === null ? null : { type: 'retry', ms }
  } catch (error) {
    return lostTo(error)
  }
}
