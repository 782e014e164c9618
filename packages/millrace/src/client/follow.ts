import { MillraceError } from '../event/error.ts'
import type { Entry } from '../event/run-event.ts'
import { ACCEPT, CONTENT_TYPE, EVENT_STREAM, LAST_EVENT_ID, MILLRACE_STATUS } from '../protocol/headers.ts'
import { SseDecoder, type SseEvent } from '../format/sse-decode.ts'
import type { Batches, FollowFrom } from '../protocol/run-handle.ts'
import type { ConnectionStatus } from './connection.ts'
import { Connector, type Answer } from './connector.ts'
import { join, placeOf, type Place } from './frames.ts'
import { defaultHost } from './host.ts'
import { Reading, type Body, type Placed, type View } from './reading.ts'
import { refusalOf, send, type Access } from './request.ts'

export interface FollowOptions extends FollowFrom, Access {}

/** What arrived together, at once. */
export const whole: View<readonly Entry[]> = (entries, nth) => (nth === 0 ? entries : undefined)

/** Entry by entry. */
export const single: View<Entry> = (entries, nth) => entries[nth]

/**
 * Follows a run's stream across however many connections to its terminal entry. Reads only as fast
 * as it is read. Leaving the loop drops the connection and changes nothing about the run.
 *
 * @throws MillraceError `incomplete` when the retry budget ran out, `reset` and `gone` when the log
 *   moved away, and whatever the server refused for good.
 */
export function batches(
  url: string,
  options?: FollowOptions,
  onStatus?: (status: ConnectionStatus) => void,
): Batches {
  return reading(url, whole, options, onStatus)
}

/** The same, entry by entry. */
export function follow(url: string, options?: FollowOptions): AsyncIterableIterator<Entry> {
  return reading(url, single, options)
}

/** The same as `view` shows it. */
export function reading<T>(
  url: string,
  view: View<T>,
  options: FollowOptions = {},
  onStatus?: (status: ConnectionStatus) => void,
): Placed<T> {
  const place = placeOf(options.after ?? '')
  const attempt = (signal: AbortSignal): Promise<Answer<Body>> => open(url, place, signal, options)
  return new Reading(new Connector(options.host ?? defaultHost, attempt, options.signal, onStatus), place, join, view)
}

export async function open(url: string, place: Place, signal: AbortSignal, access: Access): Promise<Answer<Body>> {
  const resume = place.cursor !== '' && { [LAST_EVENT_ID]: place.cursor }
  return streamIn(await send(url, { headers: { [ACCEPT]: EVENT_STREAM, ...resume }, signal }, access), place.offset > 0)
}

/** @param resumes whether this address did stream before. @throws MillraceError `invalid_response` */
export async function streamIn(response: Response, resumes: boolean): Promise<Answer<Body>> {
  if (!response.ok) return refusalOf(response)
  const { body, headers, status } = response
  // Anybody may answer 204; only the server of a run that has begun can say how it ended.
  if (status === 204 && resumes && headers.has(MILLRACE_STATUS)) return { type: 'ended' }
  if (body !== null && headers.get(CONTENT_TYPE)?.startsWith(EVENT_STREAM)) {
    const reader = body.getReader()
    const decoder = new SseDecoder()
    const value: Body<SseEvent, Uint8Array> = { read: () => reader.read(), push: (bytes, out) => decoder.push(bytes, out) }
    return { type: 'opened', value }
  }
  await body?.cancel()
  // Worth another try only on a resume: this address did stream, so something stands between (a portal, say).
  throw new MillraceError('invalid_response', 'This is no event stream.', { retryable: resumes })
}
