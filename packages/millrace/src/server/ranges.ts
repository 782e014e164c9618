import { MillraceError } from '../event/error.ts'
import { epochAt } from '../run/log.ts'
import type { RunRecord } from '../store/store.ts'
import type { Caller } from './authenticate.ts'
import { streamingResponse } from './body.ts'
import { withPlace, type Context } from './context.ts'
import { expired } from './deadlines.ts'
import type { Encoding } from './encoding.ts'
import type { Inquiry } from './inquiry.ts'
import { problem } from './problem.ts'
import { newestAttempt, runHeaders, streamRun } from './respond.ts'
import { streamHeaders } from './stream-headers.ts'
import { mannerOf } from './stream/response.ts'
import { OpenSource } from './stream/source.ts'
import { SourceStream } from './stream/source-stream.ts'

/** Of a body's bytes, counted from 0; both are part of it. */
interface ByteRange {
  readonly first: number
  readonly last: number
}

/** Whether a part of it can be asked for by its bytes: nothing else tells a place in it, and it changes no more. */
export function hasRanges({ format, dialect }: Encoding, { status }: RunRecord): boolean {
  return status === 'completed' && !format.cursors && dialect.page === undefined
}

/**
 * A completed run, or the part of it that `Range` asks for (RFC 9110 §14). Nothing keeps how long a
 * run is in bytes: a range costs one more reading of its log.
 */
export async function readRange(context: Context, request: Inquiry, caller: Caller, record: RunRecord, encoding: Encoding): Promise<Response> {
  const etag = `"${epochAt(record, record.tail)}-${String(record.tail)}-${encoding.format.name}"`
  const asked = askedRange(request, etag)
  if (asked === null) {
    const whole = await streamRun(context, request, caller, record, encoding)
    // Compressed it has other bytes, in which no place can be told.
    if (whole.headers.has('Content-Encoding')) return whole
    whole.headers.set('Accept-Ranges', 'bytes')
    whole.headers.set('ETag', etag)
    if (request.method === 'HEAD') {
      const size = await withPlace(context, caller.principal, () => sizeOf(context, request, record, encoding))
      whole.headers.set('Content-Length', String(size))
    }
    return whole
  }
  const headers = { ...streamHeaders(encoding.mediaType), ...runHeaders(record), 'Accept-Ranges': 'bytes', ETag: etag }
  // The look at the log is the dearer part of a small range: it has its place before.
  const leave = context.quota?.take(caller.principal)
  try {
    const size = await sizeOf(context, request, record, encoding)
    const range = rangeIn(asked, size)
    if (range !== null) return partial(context, caller, record, encoding, { headers, range, size, leave })
    leave?.()
    return unsatisfiable(context, request, size)
  } catch (error) {
    leave?.()
    throw error
  }
}

interface Part {
  readonly headers: Readonly<Record<string, string>>
  readonly range: ByteRange
  readonly size: number
  /** Gives its place back. */
  readonly leave: (() => void) | undefined
}

function partial(context: Context, caller: Caller, record: RunRecord, encoding: Encoding, { headers, range, size, leave }: Part): Response {
  const ended = (): void => {
    callOff()
    leave?.()
  }
  const stream = new SourceStream(new OpenSource(() => cut(bytesOf(context, record, encoding), range)), mannerOf('binary', {
    logger: context.logger, heartbeat: null, observers: [{ ended }],
  }))
  const callOff = context.deadlines.at(caller.expiresAt, () => stream.lost(expired()))
  return streamingResponse(stream, {
    status: 206,
    headers: {
      ...headers, 'Content-Length': String(range.last - range.first + 1),
      'Content-Range': `bytes ${String(range.first)}-${String(range.last)}/${String(size)}`,
    },
  })
}

function unsatisfiable(context: Context, request: Inquiry, size: number): Response {
  const error = new MillraceError('invalid_range', `Ask for one range of bytes that begins below ${String(size)}.`)
  const response = problem(error, context.logger, request)
  response.headers.set('Content-Range', `bytes */${String(size)}`)
  return response
}

/** What stands behind `bytes=`; `null` where the whole is to be sent: no range, another unit, or of another body. */
function askedRange(request: Inquiry, etag: string): string | null {
  if (request.method === 'HEAD') return null
  const condition = request.headers.get('If-Range')
  const [, asked] = /^bytes=(.*)$/i.exec(request.headers.get('Range') ?? '') ?? []
  return asked === undefined || (condition !== null && condition !== etag) ? null : asked.trim()
}

/** `null` for one that begins behind the end, has no meaning, or is several. */
function rangeIn(asked: string, size: number): ByteRange | null {
  const [, from = '', to = ''] = /^(\d*)-(\d*)$/.exec(asked) ?? []
  if (from === '' && Number(to) === 0) return null
  const first = from === '' ? Math.max(0, size - Number(to)) : Number(from)
  const last = from === '' || to === '' ? size - 1 : Math.min(Number(to), size - 1)
  return first <= last ? { first, last } : null
}

/** Reads all of the log: not for one who has left. */
async function sizeOf(context: Context, { signal }: Inquiry, record: RunRecord, encoding: Encoding): Promise<number> {
  let size = 0
  for await (const bytes of bytesOf(context, record, encoding)) {
    signal.throwIfAborted()
    size += bytes.length
  }
  return size
}

/** The whole body, a batch of the log at a time. */
async function* bytesOf(context: Context, record: RunRecord, encoding: Encoding): AsyncGenerator<Uint8Array, void, undefined> {
  const tail = context.tails.of(record)
  const release = tail.hold()
  try {
    let { after, outline } = await newestAttempt(tail, record)
    while (after < record.tail) {
      for (const batch of await tail.since(after, null)) {
        const encoded = encoding.encode(batch, after, 0, outline)
        outline = encoded.outline
        after = batch.last
        yield encoded.chunk.body
      }
    }
  } finally {
    release()
  }
}

async function* cut(pieces: AsyncIterable<Uint8Array>, { first, last }: ByteRange): AsyncGenerator<Uint8Array, void, undefined> {
  let at = 0
  for await (const piece of pieces) {
    yield piece.subarray(Math.max(0, first - at), Math.max(0, last + 1 - at))
    at += piece.length
    if (at > last) return
  }
}
