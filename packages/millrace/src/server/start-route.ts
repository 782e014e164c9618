import { millrace } from '../dialect/millrace.ts'
import { MillraceError } from '../event/error.ts'
import { IDEMPOTENCY_KEY, MILLRACE_STATUS, PREFER, RESPOND_ASYNC } from '../protocol/headers.ts'
import { keyedRunId } from '../run/ids.ts'
import type { Started } from '../run/start-options.ts'
import type { RunRecord } from '../store/store.ts'
import type { Caller } from './authenticate.ts'
import { packingFor } from './compress.ts'
import { ownRun, withPlace, type Context } from './context.ts'
import { withinTime } from './deadlines.ts'
import type { Encoding } from './encoding.ts'
import { untilEnded } from './ended.ts'
import { formRunKey, withoutFormKey } from './form-key.ts'
import type { SnapshotAnswer } from './snapshots.ts'
import { negotiate } from './negotiate.ts'
import { readInput } from './request-body.ts'
import { infoOf } from './info.ts'
import type { Inquiry } from './inquiry.ts'
import { documentResponse, jsonResponse, requestedCursor, runHeaders, seeOther, streamRun } from './respond.ts'

const KEY = /^[\x21-\x7e]{1,255}$/

/** `POST /runs/:kind`. With a cursor it only follows, and never pays twice. */
export async function startRun(context: Context, request: Inquiry, caller: Caller, kind: string): Promise<Response> {
  const answer = negotiate(request.headers.get('Accept'), millrace, 'sse')
  // Whom no coding suits is refused before anything is paid for.
  const packing = packingFor(request, context.codings(kind))
  if (requestedCursor(request) !== null && answer !== 'document') {
    return streamRun(context, request, caller, await keyedRun(context, caller, kind, keyOf(request)), answer)
  }
  const { input, key: formKey } = withoutFormKey(request, await readInput(request, context.limits.body, context.limits.depth))
  const key = keyOf(request) ?? (await formRunKey(checkKey(formKey), input))
  const start = (): Promise<Started> => context.worker.start(kind, input, { principal: caller.principal, key })
  if (prefersAsync(request)) {
    const { record, created } = await start()
    return jsonResponse({ ...infoOf(record), created }, created ? 202 : 200, { ...runHeaders(record), [MILLRACE_STATUS]: record.status })
  }
  if (answer !== 'document' && answer.dialect.page) return seeOther((await start()).record.id)
  if (answer !== 'document') return startStreaming(context, request, caller, answer, start)
  const { reply, json } = await startWaiting(context, request, caller, start)
  return documentResponse(packing, json, 200, { ...runHeaders(reply), [MILLRACE_STATUS]: reply.status })
}

/** The stream's place is taken first: whom the limit refuses has not paid for a run. */
export async function startStreaming(
  context: Context, request: Inquiry, caller: Caller, encoding: Encoding, start: () => Promise<Started>,
): Promise<Response> {
  const place = context.quota?.take(caller.principal)
  try {
    const { record } = await start()
    return await streamRun(context, request, caller, record, encoding, place)
  } catch (error) {
    place?.()
    throw error
  }
}

/** The run once it has its end, folded. Who waits for it holds a connection as a reader of a stream does. */
export function startWaiting(context: Context, request: Inquiry, caller: Caller, start: () => Promise<Started>): Promise<SnapshotAnswer> {
  return withPlace(context, caller.principal, async () => {
    const { record } = await start()
    const ended = await withinTime(context.deadlines, request, caller.expiresAt, (signal) => untilEnded(context, record, signal))
    return context.snapshots.of(ended)
  })
}

/** @throws MillraceError `invalid_request` without a key, `not_found`, `gone` */
export async function keyedRun(
  context: Context, { principal }: Caller, kind: string, key: string | undefined, group: string | null = null,
): Promise<RunRecord> {
  if (key === undefined) {
    throw new MillraceError('invalid_request', 'A cursor here needs the Idempotency-Key of the run to follow; or GET /runs/ID.')
  }
  return ownRun(context, principal, await keyedRunId(principal, kind, group, key))
}

/** @throws MillraceError `invalid_request` */
export function keyOf(request: Inquiry): string | undefined {
  return checkKey(request.headers.get(IDEMPOTENCY_KEY) ?? undefined)
}

/** @throws MillraceError `invalid_request` */
export function checkKey(key: string | undefined): string | undefined {
  if (key === undefined) return undefined
  if (!KEY.test(key)) throw new MillraceError('invalid_request', 'An Idempotency-Key is 1 to 255 visible ASCII characters.')
  return key
}

export function prefersAsync(request: Inquiry): boolean {
  const preferences = (request.headers.get(PREFER) ?? '').split(',').map((part) => part.trim().toLowerCase())
  return preferences.includes(RESPOND_ASYNC)
}
