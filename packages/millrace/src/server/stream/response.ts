import { MillraceError, PublicError } from '../../event/error.ts'
import type { Logger } from '../../run/logger.ts'
import { streamingResponse } from '../body.ts'
import { checkTimeLimit } from '../check-options.ts'
import { packingFor, packingHeaders, type Coding } from '../compress.ts'
import { HeartbeatWheel } from '../heartbeat.ts'
import { streamHeaders } from '../stream-headers.ts'
import { FORMATS, formatAccepted, formatOf, type StreamFormat } from './format.ts'
import type { StreamObserver } from './observer.ts'
import type { Fill } from './outlet.ts'
import { OpenSource, type StreamSource } from './source.ts'
import { SourceStream, type Manner } from './source-stream.ts'
import { fillOf } from './value.ts'

export interface StreamingConfig {
  /** Default: what the request's `Accept` asks for, else what fits the first value. */
  readonly format?: StreamFormat
  /** Bytes the source may be ahead while its reader's connection is full. Default 16 KiB; 0: not one value. */
  readonly bufferSize?: number
  /** Default: the format's own. */
  readonly contentType?: string
  /** Silence after which a heartbeat is sent, in ms, in steps of a second. Default 15 000; `null`: none. */
  readonly heartbeat?: number | null
  /** After so many ms the stream is cut. Default `null`: never. */
  readonly timeLimit?: number | null
  /** Comments of format `sse`: the first thing sent, and the last. Default `null`: none. */
  readonly initialMessage?: string | null
  readonly closeMessage?: string | null
  /** What may be compressed in, best first, where `request` accepts it: `compression` of `millrace/node`. Default: not at all. */
  readonly compress?: readonly Coding[]
}

export interface StreamOptions extends StreamingConfig {
  /** Whose `Accept` chooses the format, and whose leaving closes the source. */
  readonly request?: Request
  /** The name of SSE events that do not bring their own. */
  readonly event?: string
  readonly observers?: readonly StreamObserver[]
  /** Default `console`. */
  readonly logger?: Logger
}

/**
 * Streams what a source gives, without a log: pulled as fast as its reader drains, with heartbeats while
 * it is silent, and closed whatever happens. The format may have to wait for the first value.
 *
 * @throws MillraceError `not_acceptable`, `invalid_request` for options that are none, and whatever the source throws before its first value where that decides
 */
export async function streamResponse(source: StreamSource, options: StreamOptions = {}): Promise<Response> {
  // Before the source is asked: nobody would close it.
  checkTimeLimit(options)
  const open = new OpenSource(source)
  const format = options.format ?? (await formatFor(open, options))
  return responseOf(new SourceStream(open, mannerOf(format, options)), format, options)
}

/** By what is accepted, else by the first value; while that is waited for, whoever asked may leave. */
async function formatFor(open: OpenSource, { request, observers = [] }: StreamOptions): Promise<StreamFormat> {
  const leave = (): void => void open.close().catch(() => undefined)
  request?.signal.addEventListener('abort', leave)
  try {
    return formatAccepted(request?.headers.get('Accept') ?? null) ?? formatOf((await open.first()).value)
  } catch (error) {
    leave()
    for (const observer of observers) observer.ended?.({ status: 'failed', error })
    throw error
  } finally {
    request?.signal.removeEventListener('abort', leave)
  }
}

/** @throws MillraceError `invalid_request` for a format or a time limit that is none */
export function mannerOf(format: StreamFormat, options: StreamOptions): Manner {
  if (!Object.hasOwn(FORMATS, format)) throw new MillraceError('invalid_request', `There is no such format. Known: ${Object.keys(FORMATS).join(', ')}.`)
  checkTimeLimit(options)
  const { bufferSize = 16 * 1024, heartbeat = 15_000, timeLimit = null, initialMessage = null, closeMessage = null, event = null } = options
  return {
    format: FORMATS[format],
    fillOf: (value) => fillOf(format, value, event),
    tell: (error) => tell(format, error),
    bufferSize, timeLimit, initialMessage, closeMessage,
    heartbeats: heartbeat === null ? null : wheelOf(heartbeat),
    logger: options.logger ?? console,
    observers: options.observers ?? [],
  }
}

/** @throws MillraceError `not_acceptable` where the request takes no coding that is there */
export function responseOf(stream: SourceStream, format: StreamFormat, { contentType, request, compress }: StreamOptions): Response {
  // Whoever has left will never take the body up.
  const leave = (): void => stream.discard()
  const headers = streamHeaders(contentType ?? FORMATS[format].mediaType)
  if (request?.signal.aborted) leave()
  request?.signal.addEventListener('abort', leave)
  if (!request || !compress) return streamingResponse(stream, { headers })
  try {
    const packing = packingFor(request, compress)
    return streamingResponse(packing.coding?.stream(stream) ?? stream, { headers: { ...headers, ...packingHeaders(packing) } })
  } catch (error) {
    leave()
    throw error
  }
}

/** Only what was thrown for readers to see, and only where a program can tell it from data (P11). */
function tell(format: StreamFormat, error: unknown): Fill | null {
  if (!(error instanceof PublicError) || !FORMATS[format].cursors) return null
  const { code, message } = error
  const data = JSON.stringify({ type: 'error', error: { code, message } })
  return (out) => FORMATS[format].frame(out, { cursor: null, event: 'error', data })
}

const wheels = new Map<number, HeartbeatWheel>()

/** One timer for all streams with the same heartbeat. */
function wheelOf(interval: number): HeartbeatWheel {
  const wheel = wheels.get(interval) ?? new HeartbeatWheel(interval)
  wheels.set(interval, wheel)
  return wheel
}
