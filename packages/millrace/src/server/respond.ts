import { parseCursor, type Cursor } from '../event/cursor.ts'
import { MillraceError } from '../event/error.ts'
import { entriesOf } from '../event/lines.ts'
import type { Outline } from '../event/outline.ts'
import { isEndStatus } from '../event/run-event.ts'
import { createOutline } from '../event/outline.ts'
import { LAST_EVENT_ID, MILLRACE_RUN, MILLRACE_STATUS } from '../protocol/headers.ts'
import { checkCursor } from '../run/log.ts'
import type { Tail } from '../run/tail.ts'
import type { RunRecord } from '../store/store.ts'
import { streamingResponse } from './body.ts'
import type { Context } from './context.ts'
import type { Encoding } from './encoding.ts'
import { LogStream, type StreamStart } from './log-stream.ts'

const PRIVATE = { 'Cache-Control': 'private, no-store, no-transform', 'X-Content-Type-Options': 'nosniff' }

/** @param body an object, or JSON that is written already */
export function jsonResponse(body: object | string, status: number, headers: Readonly<Record<string, string>> = {}): Response {
  return new Response(typeof body === 'string' ? body : JSON.stringify(body), { status, headers: { 'Content-Type': 'application/json', ...PRIVATE, ...headers } })
}

export function runHeaders({ id }: { readonly id: string }): Record<string, string> {
  return { [MILLRACE_RUN]: id }
}

/** The place a request resumes from: `Last-Event-ID` beats `?after=`. */
export function requestedCursor(request: Request): Cursor | null {
  const text = request.headers.get(LAST_EVENT_ID) ?? new URL(request.url).searchParams.get('after')
  return text === null || text === '' ? null : parseCursor(text)
}

/**
 * A stream of the run from the cursor on (from the start without one); 204 where nothing follows it.
 * @param place the stream's place where one was taken already; else it is taken here
 * @throws MillraceError `reset`, `invalid_cursor`, `too_many_streams`
 */
export async function streamRun(
  context: Context, request: Request, principal: string, record: RunRecord, encoding: Encoding, place?: () => void,
): Promise<Response> {
  const cursor = encoding.format.cursors ? requestedCursor(request) : null
  if (cursor) checkCursor(record, cursor)
  if (cursor?.frame === 0 && cursor.offset === record.tail && isEndStatus(record.status)) {
    place?.()
    return new Response(null, { status: 204, headers: { ...PRIVATE, ...runHeaders(record), [MILLRACE_STATUS]: record.status } })
  }
  const headers = { 'Content-Type': encoding.mediaType, 'X-Accel-Buffering': 'no', ...PRIVATE, ...runHeaders(record) }
  if (request.method === 'HEAD') return new Response(null, { headers })
  const { tails, channels, quota } = context
  const tail = tails.of(record)
  const release = tail.hold()
  try {
    const start = await startOf(context, tail, record, encoding, cursor)
    const leave = place ?? quota?.take(principal)
    return streamingResponse(new LogStream(channels.of(tail, encoding), start, leave), { headers })
  } finally {
    release()
  }
}

async function startOf(context: Context, tail: Tail, record: RunRecord, encoding: Encoding, cursor: Cursor | null): Promise<StreamStart> {
  if (!encoding.format.cursors) return newestAttempt(tail, record)
  const after = cursor?.offset ?? 0
  if (!encoding.folds) {
    if (cursor && cursor.frame > 0) throw foreignCursor()
    return { after, epoch: cursor?.epoch ?? null, skip: 0, outline: null }
  }
  const outline = after === 0 ? createOutline() : await tail.outlineAt(after)
  if (!cursor || cursor.frame === 0) return { after, epoch: cursor?.epoch ?? null, skip: 0, outline }
  if (cursor.version !== encoding.dialect.version) {
    throw new MillraceError('reset', 'The cursor is of another version of this dialect. Read the run again from the start.')
  }
  await checkFrame(context, record, encoding, cursor, outline)
  return { after, epoch: null, skip: cursor.frame, outline }
}

/** Where a reader begins that can take nothing back: what an earlier attempt said is no part of the answer. */
async function newestAttempt(tail: Tail, record: RunRecord): Promise<StreamStart> {
  const outline = createOutline()
  // A first lease has begun nothing anew.
  if (record.fence > 1) outline.offset = (await tail.outlineAt(record.tail)).begun
  return { after: outline.offset, epoch: null, skip: 0, outline }
}

/** The entry after the cursor must have more frames than the reader has: else it is of another dialect. */
async function checkFrame(context: Context, record: RunRecord, encoding: Encoding, cursor: Cursor, outline: Outline): Promise<void> {
  const { batches } = await context.store.read(record.id, cursor.offset, 1)
  const entry = batches.flatMap((batch) => [...entriesOf(batch, cursor.offset)])[0]
  const frames = entry ? (encoding.dialect.step?.(outline, entry) ?? []) : []
  if (frames.length <= cursor.frame) throw foreignCursor()
}

function foreignCursor(): MillraceError {
  return new MillraceError('invalid_cursor', 'The cursor is of another dialect than the one asked for.')
}
