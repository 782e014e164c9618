import type { Dialect, DialectDocument } from '../../dialect/dialect.ts'
import { MillraceError, PublicError } from '../../event/error.ts'
import type { Json } from '../../event/run-event.ts'
import { MILLRACE_STATUS } from '../../protocol/headers.ts'
import type { SnapshotReply } from '../../protocol/wire.ts'
import type { StartOptions, Started } from '../../run/start-options.ts'
import type { Caller } from '../authenticate.ts'
import { packingFor } from '../compress.ts'
import type { Context } from '../context.ts'
import type { Inquiry } from '../inquiry.ts'
import { encodingOf, negotiate, type Answer } from '../negotiate.ts'
import { problem, withoutRetry } from '../problem.ts'
import { readInput } from '../request-body.ts'
import { documentResponse, requestedCursor, runHeaders, streamRun } from '../respond.ts'
import { checkKey, keyedRun, keyOf, startStreaming, startWaiting } from '../start-route.ts'
import { fieldsOf } from './fields.ts'
import { conversationGroup, type DialectRoute } from './vendor.ts'
import { vendorOf } from './vendors.ts'

/** `POST` to a dialect's own route. With a cursor it only follows, and never pays twice. */
export async function startByDialect(context: Context, request: Inquiry, caller: Caller, route: DialectRoute): Promise<Response> {
  const { kind, dialect } = route
  const packing = packingFor(request, context.codings(kind))
  const body = await readInput(request, context.limits.body, context.limits.depth)
  const { key, group, message } = await namesIn(request, caller, route, body)
  const answer = answerFor(request, body, dialect)
  if (requestedCursor(request) !== null) {
    const record = await keyedRun(context, caller, kind, key, group)
    return streamRun(context, request, caller, record, answer === 'document' ? encodingOf(dialect, 'sse') : answer)
  }
  const paid = { for: false }
  const start = async (): Promise<Started> => {
    const begun = await context.worker.start(kind, accepted(() => route.input(body)), { principal: caller.principal, key, group, message })
    paid.for = true
    return begun
  }
  try {
    if (answer !== 'document') return await startStreaming(context, request, caller, answer, start)
    const { status = 200, body: said, headers, reply } = await documentOf(context, request, caller, route, body, start)
    return await documentResponse(packing, said, status, { ...headers, ...runHeaders(reply), [MILLRACE_STATUS]: reply.status })
  } catch (error) {
    // Asked again without a key, the work would be done, and paid for, once more.
    if (!paid.for || key !== undefined) throw error
    return withoutRetry(problem(error, context.logger, request, { endpoint: {}, dialect }))
  }
}

interface Answered extends Partial<Omit<DialectDocument, 'body'>> {
  readonly body: object | string
  readonly reply: SnapshotReply
}

/** The whole after its end, or, where the body says not to wait, how the run stands. */
async function documentOf(
  context: Context, request: Inquiry, caller: Caller, { kind, dialect }: DialectRoute, body: Json, start: () => Promise<Started>,
): Promise<Answered> {
  const { background } = vendorOf(dialect)
  if (background?.asked(body) === true) {
    const { reply } = await context.snapshots.of((await start()).record)
    return { body: background.report({ run: reply.id, kind }, reply), reply }
  }
  const { reply, json } = await startWaiting(context, request, caller, start)
  return { ...(dialect.document?.({ run: reply.id, kind }, reply) ?? { body: json }), reply }
}

/** What the request is called by: the header's own key beats that of the body. */
async function namesIn(request: Inquiry, { principal }: Caller, { dialect }: DialectRoute, body: Json): Promise<Omit<StartOptions, 'principal'>> {
  const { key, conversation, message } = accepted(() => vendorOf(dialect).naming?.(body) ?? {})
  const group = conversation === undefined ? undefined : await conversationGroup(principal, conversation)
  return { key: keyOf(request) ?? checkKey(key), group, message }
}

/** The body's own `stream` decides where it has one: vendors' clients send the same `Accept` for both. In which format is still asked there. */
function answerFor(request: Inquiry, body: Json, dialect: Dialect): Answer {
  const { stream } = fieldsOf(body)
  if (stream === false) return 'document'
  const fallback = stream === true ? 'sse' : (vendorOf(dialect).fallback?.(body) ?? 'sse')
  const answer = negotiate(request.headers.get('Accept'), dialect, fallback)
  const speaks = answer !== 'document' && answer.dialect === dialect
  return stream === true && !speaks ? encodingOf(dialect, 'sse') : answer
}

function accepted<T>(read: () => T): T {
  try {
    return read()
  } catch (cause) {
    const message = cause instanceof PublicError ? cause.message : 'The body was not accepted.'
    throw new MillraceError('invalid_input', message, { cause })
  }
}
