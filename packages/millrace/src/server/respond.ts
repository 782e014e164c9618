import { parseCursor, type Cursor } from '../event/cursor.ts'
import { hasCode, MillraceError } from '../event/error.ts'
import { entriesOf } from '../event/lines.ts'
import type { Outline } from '../event/outline.ts'
import { isEndStatus } from '../event/run-event.ts'
import { createOutline } from '../event/outline.ts'
import { CONTENT_TYPE, JSON_TYPE, LAST_EVENT_ID, MILLRACE_RUN, MILLRACE_STATUS } from '../protocol/headers.ts'
import { checkCursor, epochAt } from '../run/log.ts'
import type { Tail } from '../run/tail.ts'
import type { RunRecord } from '../store/store.ts'
import type { Caller } from './authenticate.ts'
import { streamingResponse } from './body.ts'
import { packDocument, packingFor, packingHeaders, type Packing } from './compress.ts'
import type { Context } from './context.ts'
import { expired } from './deadlines.ts'
import type { Encoding } from './encoding.ts'
import type { Inquiry } from './inquiry.ts'
import { LogStream, type StreamStart } from './log-stream.ts'
import { PRIVATE, streamHeaders } from './stream-headers.ts'

const JSON_HEADERS = { [CONTENT_TYPE]: JSON_TYPE, ...PRIVATE }

export function jsonResponse(body: object, status: number, headers: Readonly<Record<string, string>> = {}): Response {
  return new Response(JSON.stringify(body), { status, headers: { ...JSON_HEADERS, ...headers } })
}

/**
 * A whole run as one document, packed as its reader takes it.
 * @param body an object, or JSON that is written already
 */
export async function documentResponse(
  packing: Packing, body: object | string, status: number, headers: Readonly<Record<string, string>>,
): Promise<Response> {
  const document = await packDocument(typeof body === 'string' ? body : JSON.stringify(body), packing)
  return new Response(document.body, { status, headers: { ...JSON_HEADERS, ...headers, ...document.headers } })
}

export function runHeaders({ id }: { readonly id: string }): Record<string, string> {
  return { [MILLRACE_RUN]: id }
}

/**
 * Sends a browser on to what it reads next, so that its reload reads again and does nothing again.
 * @param location relative: whatever the routes are mounted at stays in front of it
 */
export function seeOther(location: string): Response {
  return new Response(null, { status: 303, headers: { Location: location, ...PRIVATE } })
}

/** The place a request resumes from: `Last-Event-ID` beats `?after=`. */
export function requestedCursor(request: Inquiry): Cursor | null {
  const text = request.headers.get(LAST_EVENT_ID) ?? parameterOf(request, 'after')
  return text === null || text === '' ? null : parseCursor(text)
}

/** An address without any, as that of most starts, is not parsed for it. */
function parameterOf({ url }: Inquiry, name: string): string | null {
  return url.includes('?') ? new URL(url).searchParams.get(name) : null
}

/** Of a `GET`: whoever starts a run wants all of it. @throws MillraceError `invalid_request` */
function wantsTail(request: Inquiry): boolean {
  const from = parameterOf(request, 'from') ?? 'start'
  if (from !== 'start' && from !== 'tail') throw new MillraceError('invalid_request', '`from` is `start` or `tail`.')
  return from === 'tail' && request.method !== 'POST'
}

/**
 * A stream of the run from the cursor on (from the start without one); 204 where nothing follows it.
 * @param place the stream's place where one was taken already; else it is taken here
 * @throws MillraceError `reset`, `invalid_cursor`, `too_many_streams`
 */
export async function streamRun(
  context: Context, request: Inquiry, caller: Caller, record: RunRecord, encoding: Encoding, place?: () => void,
): Promise<Response> {
  const opening = openingAt(record, encoding, requestedCursor(request), wantsTail(request))
  if (opening !== null) return streamFrom(context, request, caller, record, encoding, opening, place)
  place?.()
  return new Response(null, { status: 204, headers: { ...PRIVATE, ...runHeaders(record), [MILLRACE_STATUS]: record.status } })
}

/**
 * A stream of the run from where it is opened.
 * @throws MillraceError as {@link streamRun}
 */
export async function streamFrom(
  context: Context, request: Inquiry, caller: Caller, record: RunRecord, encoding: Encoding, opening: Opening, place?: () => void,
): Promise<Response> {
  const packing = packingFor(request, context.codings(record.kind))
  const headers = { ...streamHeaders(encoding.mediaType), ...runHeaders(record), ...encoding.dialect.page, ...encoding.dialect.headers, ...packingHeaders(packing) }
  if (request.method === 'HEAD') return new Response(null, { headers })
  const leave = place ?? context.quota?.take(caller.principal)
  try {
    const stream = await openLog(context, record, encoding, opening, leave)
    stream.whenOver(context.deadlines.at(caller.expiresAt, () => stream.lost(expired())))
    return streamingResponse(packing.coding?.stream(stream) ?? stream, { headers }, request)
  } catch (error) {
    leave?.()
    throw error
  }
}

/** Where in a log a reader is let in. */
export interface Opening {
  readonly cursor: Cursor | null
  /** It has all of the run. */
  readonly atEnd: boolean
  /** It wants what is said from now on, and not what was said before. */
  readonly joins: boolean
}

/**
 * `null` where nothing follows the cursor.
 * @param fromTail asked for at the tail; a cursor beats it
 * @throws MillraceError `reset`, `invalid_request` where nobody joins in this encoding
 */
export function openingAt(record: RunRecord, encoding: Encoding, from: Cursor | null, fromTail: boolean = false): Opening | null {
  const { format, dialect } = encoding
  if (fromTail && !(format.cursors && dialect.join)) {
    throw new MillraceError('invalid_request', 'What is asked for here has no places in the log: it can only be read from its start.')
  }
  const cursor = format.cursors ? placeIn(record, encoding, from) : null
  const atEnd = cursor?.frame === 0 && cursor.offset === record.tail && isEndStatus(record.status)
  return atEnd && !dialect.hypermedia ? null : { cursor, atEnd, joins: fromTail && cursor === null }
}

/**
 * The run's stream, whatever it is carried by.
 * @param leave gives its place back, once the stream is over
 * @throws MillraceError `reset`, `invalid_cursor`
 */
export async function openLog(
  context: Context, record: RunRecord, encoding: Encoding, opening: Opening, leave?: () => void,
): Promise<LogStream> {
  const tail = context.tails.of(record)
  const release = tail.hold()
  try {
    const start = await startOf(context, tail, record, encoding, opening)
    const stream = new LogStream(context.channels.of(tail, record.kind, encoding), start)
    stream.whenOver(context.worker.follow(record, stream))
    if (leave) stream.whenOver(leave)
    return stream
  } finally {
    release()
  }
}

/** @throws MillraceError `reset`; hypermedia reads from the start instead, since its clients would send the cursor again for ever */
function placeIn(record: RunRecord, { dialect, folds }: Encoding, cursor: Cursor | null): Cursor | null {
  if (cursor === null) return null
  try {
    checkCursor(record, cursor)
    if (!folds || cursor.frame === 0 || cursor.version === dialect.version) return cursor
    throw new MillraceError('reset', 'The cursor is of another version of this dialect. Read the run again from the start.')
  } catch (error) {
    if (dialect.hypermedia && hasCode(error, 'reset')) return null
    throw error
  }
}

async function startOf(
  context: Context, tail: Tail, record: RunRecord, encoding: Encoding, { cursor, atEnd, joins }: Opening,
): Promise<StreamStart> {
  if (atEnd) return lastFrame(context, tail, record, encoding)
  if (joins) return joinTail(tail, record, encoding)
  if (!encoding.tellsEnd) return newestAttempt(tail, record)
  if (encoding.dialect.farewell && cursor === null && record.fence > 1) return behindFarewell(tail, record, encoding)
  const after = cursor?.offset ?? 0
  if (!encoding.folds) {
    if (cursor && cursor.frame > 0) throw foreignCursor()
    return { after, epoch: cursor?.epoch ?? null, skip: 0, outline: null }
  }
  const outline = after === 0 ? createOutline(encoding.keeping) : await tail.outlineAt(after, encoding.keeping)
  if (!cursor || cursor.frame === 0) return { after, epoch: cursor?.epoch ?? null, skip: 0, outline }
  // The entry after the cursor must have more frames than the reader has: else it is of another dialect.
  if ((await framesAfter(context, record, encoding, outline)) <= cursor.frame) throw foreignCursor()
  return { after, epoch: null, skip: cursor.frame, outline }
}

/** Where a reader begins that can take nothing back: what an earlier attempt said is no part of the answer. */
export async function newestAttempt(tail: Tail, record: RunRecord): Promise<StreamStart> {
  const outline = createOutline()
  // A first lease has begun nothing anew.
  if (record.fence > 1) outline.offset = (await tail.outlineAt(record.tail)).begun
  return { after: outline.offset, epoch: null, skip: 0, outline }
}

/** Where a reader begins that was given nothing yet, and could give nothing back: at the newest attempt's own start. */
async function behindFarewell(tail: Tail, record: RunRecord, { dialect, keeping }: Encoding): Promise<StreamStart> {
  const { begun } = await tail.outlineAt(record.tail)
  if (begun === 0) return { after: 0, epoch: null, skip: 0, outline: createOutline(keeping) }
  const outline = await tail.outlineAt(begun - 1, keeping)
  return { after: begun - 1, epoch: null, skip: dialect.farewell?.(outline) ?? 0, outline }
}

/** The tail, and what the outline there knows of the past; of an ended run its end, so that its reader is told of that. */
async function joinTail(tail: Tail, record: RunRecord, encoding: Encoding): Promise<StreamStart> {
  const after = isEndStatus(record.status) ? record.tail - 1 : record.tail
  const outline = await tail.outlineAt(after, encoding.keeping)
  const preamble = encoding.join(outline)
  return { after, epoch: epochAt(record, after), skip: 0, outline: encoding.folds ? outline : null, preamble }
}

/** The terminal entry's last frame, again. */
async function lastFrame(context: Context, tail: Tail, record: RunRecord, encoding: Encoding): Promise<StreamStart> {
  const after = record.tail - 1
  const outline = await tail.outlineAt(after, encoding.keeping)
  const frames = await framesAfter(context, record, encoding, outline)
  return { after, epoch: null, skip: frames - 1, outline }
}

/** How many frames the entry after `outline` has in this dialect. */
export async function framesAfter(context: Context, { id }: RunRecord, { dialect }: Encoding, outline: Outline): Promise<number> {
  const { batches } = await context.store.read(id, outline.offset, 1)
  const entry = batches.flatMap((batch) => [...entriesOf(batch, outline.offset)])[0]
  return entry ? (dialect.step?.(outline, entry) ?? []).length : 0
}

function foreignCursor(): MillraceError {
  return new MillraceError('invalid_cursor', 'The cursor is of another dialect than the one asked for.')
}
