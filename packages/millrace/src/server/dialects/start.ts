import type { Dialect } from '../../dialect/dialect.ts'
import { MillraceError, PublicError } from '../../event/error.ts'
import type { Json } from '../../event/run-event.ts'
import { MILLRACE_STATUS } from '../../protocol/headers.ts'
import type { StartOptions, Started } from '../../run/worker.ts'
import type { Caller } from '../authenticate.ts'
import { packingFor } from '../compress.ts'
import type { Context } from '../context.ts'
import { encodingOf, negotiate, type Answer } from '../negotiate.ts'
import { readInput } from '../request-body.ts'
import { documentResponse, requestedCursor, runHeaders, streamRun } from '../respond.ts'
import { checkKey, keyedRun, keyOf, startStreaming, startWaiting } from '../start-route.ts'
import { conversationGroup, type DialectRoute } from './vendor.ts'
import { vendorOf } from './vendors.ts'

/** `POST` to a dialect's own route. With a cursor it only follows, and never pays twice. */
export async function startByDialect(context: Context, request: Request, caller: Caller, route: DialectRoute): Promise<Response> {
  const { kind, dialect } = route
  const packing = packingFor(request, context.codings(kind))
  const body = await readInput(request, context.limits.body, context.limits.depth)
  const { key, group, message } = await namesIn(request, caller, route, body)
  if (requestedCursor(request) !== null) {
    const record = await keyedRun(context, caller, kind, key, group)
    return streamRun(context, request, caller, record, encodingOf(dialect, 'sse'))
  }
  const answer = answerFor(request, body, dialect)
  const start = (): Promise<Started> => context.worker.start(kind, accepted(() => route.input(body)), { principal: caller.principal, key, group, message })
  if (answer !== 'document') return startStreaming(context, request, caller, answer, start)
  const { reply, json } = await startWaiting(context, request, caller, start)
  const document = dialect.document?.({ run: reply.id, kind }, reply) ?? { status: 200, body: json, headers: {} }
  return documentResponse(packing, document.body, document.status, { ...document.headers, ...runHeaders(reply), [MILLRACE_STATUS]: reply.status })
}

/** What the request is called by: the header's own key beats that of the body. */
async function namesIn(request: Request, { principal }: Caller, { dialect }: DialectRoute, body: Json): Promise<Omit<StartOptions, 'principal'>> {
  const { key, conversation, message } = accepted(() => vendorOf(dialect).naming?.(body) ?? {})
  const group = conversation === undefined ? undefined : await conversationGroup(principal, conversation)
  return { key: keyOf(request) ?? checkKey(key), group, message }
}

/** The body's own `stream` decides where it has one: these clients send the same `Accept` for both. */
function answerFor(request: Request, body: Json, dialect: Dialect): Answer {
  const stream = body !== null && typeof body === 'object' && 'stream' in body ? body['stream'] : undefined
  if (stream === true) return encodingOf(dialect, 'sse')
  if (stream === false) return 'document'
  return negotiate(request.headers.get('Accept'), dialect, 'sse')
}

function accepted<T>(read: () => T): T {
  try {
    return read()
  } catch (cause) {
    const message = cause instanceof PublicError ? cause.message : 'The body was not accepted.'
    throw new MillraceError('invalid_input', message, { cause })
  }
}
