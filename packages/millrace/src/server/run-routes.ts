import { isEndStatus, type Json } from '../event/run-event.ts'
import { MillraceError } from '../event/error.ts'
import { MILLRACE_STATUS } from '../protocol/headers.ts'
import type { ListReply, SignalRequest } from '../protocol/wire.ts'
import type { ListFilter, RunRecord } from '../store/store.ts'
import { absentRun } from './absent.ts'
import type { Caller } from './authenticate.ts'
import { packingFor } from './compress.ts'
import { ownRun, type Context } from './context.ts'
import { dialectNamed, negotiate } from './negotiate.ts'
import { hasRanges, readRange } from './ranges.ts'
import { listPage, pageIn } from './list-page.ts'
import { isForm, readInput } from './request-body.ts'
import { infoOf } from './info.ts'
import type { Inquiry } from './inquiry.ts'
import { awaited } from './long-poll.ts'
import { documentResponse, jsonResponse, runHeaders, seeOther, streamRun } from './respond.ts'

/** `GET /runs/:id` */
export async function readRun(context: Context, request: Inquiry, caller: Caller, id: string): Promise<Response> {
  const name = new URL(request.url).searchParams.get('dialect')
  const dialect = dialectNamed(name, context.dialects)
  const answer = negotiate(request.headers.get('Accept'), dialect, name === null ? 'document' : 'sse')
  const record = await ownRun(context, caller.principal, id).catch((error: unknown) => absentRun(error, request, id, answer))
  if (record instanceof Response) return record
  if (answer !== 'document' && hasRanges(answer, record)) return readRange(context, request, caller, record, answer)
  if (answer !== 'document') return streamRun(context, request, caller, record, answer)
  const packing = packingFor(request, context.codings(record.kind))
  const { reply, json } = await context.snapshots.of(await awaited(context, request, caller, record))
  return documentResponse(packing, json, 200, { ...runHeaders(record), [MILLRACE_STATUS]: reply.status })
}

/** `POST /runs/:id/signals` */
export async function signalRun(context: Context, request: Inquiry, principal: string, id: string): Promise<Response> {
  const record = await ownRun(context, principal, id)
  const after = await sendSignal(context, record, await readInput(request, context.limits.body, context.limits.depth))
  if (isForm(request)) return seeOther(`../${record.id}`)
  return jsonResponse({ id: after.id, status: after.status }, 200, { ...runHeaders(after), [MILLRACE_STATUS]: after.status })
}

/** @throws MillraceError `invalid_request` */
export async function sendSignal(context: Context, record: RunRecord, body: Json | SignalRequest): Promise<RunRecord> {
  const { type, data, id } = signalOf(body)
  return context.worker.signal(record, type, data ?? null, id)
}

/** `DELETE /runs/:id`: cancels a run that has not ended, deletes one that has. */
export async function deleteRun(context: Context, principal: string, id: string): Promise<Response> {
  const record = await ownRun(context, principal, id)
  if (isEndStatus(record.status)) {
    await context.store.delete(record.id)
    return new Response(null, { status: 204, headers: runHeaders(record) })
  }
  const after = await context.worker.cancel(record.id)
  return jsonResponse({ id: after.id, status: after.status }, 202, { ...runHeaders(after), [MILLRACE_STATUS]: after.status })
}

/** `GET /runs` */
export async function listRuns(context: Context, request: Inquiry, principal: string): Promise<Response> {
  const { records, next } = await listPage(context.store, filterOf(new URL(request.url).searchParams, principal))
  const reply: ListReply = { runs: records.map(infoOf), ...next }
  return jsonResponse(reply, 200)
}

function signalOf(body: Json | SignalRequest): SignalRequest {
  const { type, id, data = null } = (body ?? {}) as { readonly type?: unknown; readonly id?: unknown; readonly data?: Json }
  if (typeof type !== 'string') throw new MillraceError('invalid_request', 'A signal is a JSON object with a `type`, for example {"type":"cancel"}.')
  if (id === undefined) return { type, data }
  if (typeof id !== 'string') throw new MillraceError('invalid_request', 'A signal’s `id` is a string.')
  return { type, data, id }
}

function filterOf(query: URLSearchParams, principal: string): ListFilter {
  const kind = query.get('kind')
  const group = query.get('group')
  return { principal, ...pageIn(query), ...(kind === null ? {} : { kind }), ...(group === null ? {} : { group }) }
}
