import { openaiResponses } from '../../dialect/openai-responses.ts'
import { responseOf } from '../../dialect/openai-response.ts'
import { placeOf } from '../../dialect/openai-sequence.ts'
import type { Cursor } from '../../event/cursor.ts'
import { MillraceError } from '../../event/error.ts'
import { entriesOf } from '../../event/lines.ts'
import { isEndStatus } from '../../event/run-event.ts'
import { createOutline } from '../../event/outline.ts'
import { MILLRACE_STATUS } from '../../protocol/headers.ts'
import { epochAt } from '../../run/log.ts'
import type { RunRecord } from '../../store/store.ts'
import type { Caller } from '../authenticate.ts'
import { packingFor } from '../compress.ts'
import { ownRun, withPlace, type Context } from '../context.ts'
import { withinTime } from '../deadlines.ts'
import type { Endpoint } from '../endpoint.ts'
import { untilEnded } from '../ended.ts'
import type { Inquiry } from '../inquiry.ts'
import { encodingOf } from '../negotiate.ts'
import { documentResponse, framesAfter, jsonResponse, openingAt, requestedCursor, runHeaders, streamFrom } from '../respond.ts'
import { streamHeaders } from '../stream-headers.ts'
import { fieldsOf } from './fields.ts'
import type { DialectRoute, Vendor } from './vendor.ts'

/** These clients are streamed to only where their body says so. */
export const openaiVendor: Vendor = { fallback: () => 'document' }

/** The same, and what they ask for of a response that they have the id of. */
export const openaiResponsesVendor: Vendor = {
  ...openaiVendor,
  background: { asked: (body) => fieldsOf(body)['background'] === true, report: responseOf },
  below,
}

const ENCODING = encodingOf(openaiResponses, 'sse')
const ID = 'resp_'
/** A body that says nothing: the client takes no 204 where it asked for a stream. */
const NOTHING = ':\n\n'

function below(route: DialectRoute, [id = '', verb, ...deeper]: readonly string[]): Endpoint | null {
  if (deeper.length > 0) return null
  if (verb === 'cancel') return { POST: (context, request, caller) => cancel(context, request, caller, route, id) }
  if (verb !== undefined) return null
  return {
    GET: (context, request, caller) => read(context, request, caller, route, id),
    DELETE: (context, request, caller) => remove(context, request, caller, route, id),
  }
}

/** @throws MillraceError `not_found` also for a run of another kind, `gone` */
async function responseNamed(context: Context, { principal }: Caller, { kind }: DialectRoute, id: string): Promise<RunRecord> {
  const record = id.startsWith(ID) ? await ownRun(context, principal, id.slice(ID.length)) : null
  if (record?.kind !== kind) throw new MillraceError('not_found', 'There is no such response.')
  return record
}

async function read(context: Context, request: Inquiry, caller: Caller, route: DialectRoute, id: string): Promise<Response> {
  const record = await responseNamed(context, caller, route, id)
  const query = new URL(request.url).searchParams
  return query.get('stream') === 'true' ? stream(context, request, caller, record, query.get('starting_after')) : reported(context, request, record)
}

/** `POST ID/cancel`: answered once the run has stopped, which is soon even where its handler does not listen. */
async function cancel(context: Context, request: Inquiry, caller: Caller, route: DialectRoute, id: string): Promise<Response> {
  return reported(context, request, await cancelled(context, request, caller, await responseNamed(context, caller, route, id)))
}

/** `DELETE ID`: of a run that goes on, it is cancelled first. */
async function remove(context: Context, request: Inquiry, caller: Caller, route: DialectRoute, id: string): Promise<Response> {
  const record = await cancelled(context, request, caller, await responseNamed(context, caller, route, id))
  await context.store.delete(record.id)
  return jsonResponse({ id, object: 'response', deleted: true }, 200, runHeaders(record))
}

async function cancelled(context: Context, request: Inquiry, caller: Caller, record: RunRecord): Promise<RunRecord> {
  if (isEndStatus(record.status)) return record
  const after = await context.worker.cancel(record.id)
  return withPlace(context, caller.principal, () =>
    withinTime(context.deadlines, request, caller.expiresAt, (signal) => untilEnded(context, after, signal)))
}

/** The response object, however far the run is. */
async function reported(context: Context, request: Inquiry, record: RunRecord): Promise<Response> {
  const { reply } = await context.snapshots.of(record)
  const body = responseOf({ run: record.id, kind: record.kind }, reply)
  return documentResponse(packingFor(request, context.codings(record.kind)), body, 200, { ...runHeaders(record), [MILLRACE_STATUS]: reply.status })
}

/** A cursor of ours, where a client kept the SSE id, beats the vendor's number: it also knows its log. */
async function stream(context: Context, request: Inquiry, caller: Caller, record: RunRecord, startingAfter: string | null): Promise<Response> {
  const cursor = requestedCursor(request) ?? (await cursorAt(context, record, startingAfter))
  const opening = openingAt(record, ENCODING, cursor)
  if (opening !== null) return streamFrom(context, request, caller, record, ENCODING, opening)
  return new Response(NOTHING, { headers: { ...streamHeaders(ENCODING.mediaType), ...runHeaders(record), [MILLRACE_STATUS]: record.status } })
}

/**
 * The place behind the frame that has this number; `null` for the log's start.
 * @throws MillraceError `invalid_cursor` for what was never a number here, `reset` beyond the tail (P13)
 */
async function cursorAt(context: Context, record: RunRecord, number: string | null): Promise<Cursor | null> {
  if (number === null) return null
  if (!/^\d{1,15}$/.test(number)) throw new MillraceError('invalid_cursor', '`starting_after` is a `sequence_number` of this response.')
  const { offset, frame } = placeOf(Number(number))
  if (offset === 0) return null
  const cursor = { epoch: epochAt(record, offset), offset, frame: 0, version: 0 }
  // Beyond the tail it is refused by whoever opens the stream.
  if (offset > record.tail || (frame === 0 && (await isDelta(context, record, offset)))) return cursor
  const frames = await framesAt(context, record, offset)
  if (frame >= frames) throw new MillraceError('invalid_cursor', 'No event of this response has the number `starting_after`.')
  return frame === frames - 1 ? cursor : { ...cursor, offset: offset - 1, frame: frame + 1, version: openaiResponses.version }
}

/** Most who resume stand at one. It has one frame, and nobody has to fold the log to know. */
async function isDelta(context: Context, { id }: RunRecord, offset: number): Promise<boolean> {
  const { batches } = await context.store.read(id, offset - 1, 1)
  return batches.flatMap((batch) => [...entriesOf(batch, offset - 1)])[0]?.type === 'delta'
}

/** How many frames the entry at `offset` has. */
async function framesAt(context: Context, record: RunRecord, offset: number): Promise<number> {
  const tail = context.tails.of(record)
  const release = tail.hold()
  try {
    const outline = offset === 1 ? createOutline(ENCODING.keeping) : await tail.outlineAt(offset - 1, ENCODING.keeping)
    return await framesAfter(context, record, ENCODING, outline)
  } finally {
    release()
  }
}
