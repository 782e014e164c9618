import { MillraceError } from '../event/error.ts'
import type { Format } from '../format/format.ts'
import { ndjson } from '../format/ndjson.ts'
import { sse } from '../format/sse.ts'
import {
  AFTER_SILENCE, DOCTOR_RUN, GAP, LARGE, LAST, MAX_SILENCE, SAID_BACK, type PatternBeat, type PatternFrame, type PatternHello,
} from '../protocol/doctor.ts'
import { LAST_EVENT_ID, MILLRACE_RUN } from '../protocol/headers.ts'
import { pause } from '../run/after.ts'
import { randomRunId } from '../run/ids.ts'
import type { Caller } from './authenticate.ts'
import { streamingResponse } from './body.ts'
import type { Context } from './context.ts'
import { expired } from './deadlines.ts'
import { isHttp10 } from './http-version.ts'
import type { Inquiry } from './inquiry.ts'
import { readInput } from './request-body.ts'
import { streamHeaders } from './stream-headers.ts'
import { formatAccepted } from './stream/format.ts'
import { OpenSource } from './stream/source.ts'
import { SourceStream } from './stream/source-stream.ts'

/** What was asked for. Every pattern is as long and as large as the protocol says, whoever asks. */
interface Pattern {
  readonly format: Format
  /** The last frame that the reader has. */
  readonly from: number
  /** In ms. */
  readonly silence: number
  readonly beats: boolean
  /** Cut after this frame; 0: never. */
  readonly cut: number
}

const FILL = 'x'.repeat(64 * 1024)

/** `GET` and `POST /doctor`: one known pattern, of bounded size and time, under the caller's limit of streams. */
export async function streamPattern(context: Context, request: Inquiry, caller: Caller): Promise<Response> {
  const pattern = patternOf(request)
  if (request.method === 'POST') await readInput(request, context.limits.body, context.limits.depth)
  const headers = { ...streamHeaders(pattern.format.mediaType), [MILLRACE_RUN]: DOCTOR_RUN }
  if (request.method === 'HEAD') return new Response(null, { headers })
  const leave = context.quota?.take(caller.principal)
  const hello = helloTo(request, headers, pattern.beats ? context.heartbeats.interval : null)
  const stream: SourceStream = new SourceStream(
    new OpenSource(({ signal }) => framesOf(pattern, hello, signal, () => stream.lost(cutAsAsked()))),
    {
      format: pattern.format,
      fillOf: (frame) => (out) => pattern.format.frame(out, wireFrame(frame as PatternFrame)),
      tell: () => null,
      bufferSize: 0, initialMessage: null, closeMessage: null, timeLimit: null,
      heartbeats: pattern.beats ? context.heartbeats : null,
      logger: context.logger,
      observers: [{ ended: () => { callOff(); leave?.() } }],
    },
  )
  const callOff = context.deadlines.at(caller.expiresAt, () => stream.lost(expired()))
  return streamingResponse(stream, { headers })
}

function wireFrame(frame: PatternFrame): { readonly cursor: string | null; readonly event: null; readonly data: string } {
  return { cursor: frame.n === 0 ? null : String(frame.n), event: null, data: JSON.stringify(frame) }
}

async function* framesOf(pattern: Pattern, hello: PatternHello, signal: AbortSignal, cut: () => void): AsyncGenerator<PatternFrame> {
  const began = performance.now()
  yield hello
  for (let n = pattern.from + 1; n <= LAST && !signal.aborted; n += 1) {
    await pause(GAP + (n === AFTER_SILENCE ? pattern.silence : 0), signal)
    yield beat(n, Math.round(performance.now() - began))
    if (n === pattern.cut) cut()
  }
}

function beat(n: number, at: number): PatternBeat {
  if (n === LARGE) return { type: 'large', n, at, fill: FILL }
  return { type: n === LAST ? 'end' : 'beat', n, at }
}

function helloTo(request: Inquiry, headers: Readonly<Record<string, string>>, heartbeat: number | null): PatternHello {
  const asked = SAID_BACK.flatMap((name) => {
    const value = request.headers.get(name)
    return value === null ? [] : [[name.toLowerCase(), value]]
  })
  return {
    type: 'hello', n: 0, at: 0, stream: randomRunId(), heartbeat,
    ...(isHttp10(request) && { http: '1.0' }),
    asked: Object.fromEntries(asked) as Record<string, string>,
    answered: Object.fromEntries(new Headers(headers)),
  }
}

/** @throws MillraceError `not_acceptable`, `invalid_request`, `invalid_cursor` */
function patternOf(request: Inquiry): Pattern {
  const query = new URL(request.url).searchParams
  return {
    format: formatFor(request),
    from: placeIn(request.headers.get(LAST_EVENT_ID) ?? '0'),
    silence: 1000 * wholeNumber(query, 'silence', 0, MAX_SILENCE),
    beats: query.get('heartbeat') !== 'off',
    cut: wholeNumber(query, 'cut', 0, LAST),
  }
}

function formatFor(request: Inquiry): Format {
  const name = formatAccepted(request.headers.get('Accept')) ?? 'sse'
  if (name === 'sse') return sse
  if (name === 'ndjson') return ndjson
  throw new MillraceError('not_acceptable', 'Ask for one of: text/event-stream, application/x-ndjson.')
}

function placeIn(text: string): number {
  const n = /^\d{1,3}$/.test(text) ? Number(text) : Infinity
  if (n > LAST) throw new MillraceError('invalid_cursor', 'The cursor is malformed.')
  return n
}

function wholeNumber(query: URLSearchParams, name: string, normal: number, most: number): number {
  const number = Number(query.get(name) ?? normal)
  if (Number.isInteger(number) && number >= 0 && number <= most) return number
  throw new MillraceError('invalid_request', `\`${name}\` is a whole number from 0 to ${String(most)}.`)
}

function cutAsAsked(): MillraceError {
  return new MillraceError('incomplete', 'The pattern was to be cut here.')
}
