import { MillraceError, PublicError } from '../../event/error.ts'
import type { Json } from '../../event/run-event.ts'
import type { Caller } from '../authenticate.ts'
import type { Context } from '../context.ts'
import type { Inquiry } from '../inquiry.ts'
import { encodingOf } from '../negotiate.ts'
import { streamRun } from '../respond.ts'
import { checkKey, keyedRun } from '../start-route.ts'
import { fieldsOf } from './fields.ts'
import type { DialectRoute, Naming, Vendor } from './vendor.ts'

/**
 * `runId` is the client's name for the run: who repeats the request, as TanStack AI does after a cut,
 * follows it. The thread is no group of runs here, because who reads one again names its run alone.
 */
export const agUiVendor: Vendor = {
  naming,
  below: (route, segments) => (segments.length === 0 ? { GET: (context, request, caller) => readNamed(context, request, caller, route) } : null),
}

function naming(body: Json): Naming {
  const { runId } = fieldsOf(body)
  if (runId === undefined) return {}
  if (typeof runId !== 'string') throw new PublicError('invalid_input', '`runId` is a string.')
  return { key: runId }
}

/** `GET ?runId=`: the run that was started under this id, from its start or the request's cursor. */
async function readNamed(context: Context, request: Inquiry, caller: Caller, { kind, dialect }: DialectRoute): Promise<Response> {
  const runId = new URL(request.url).searchParams.get('runId')
  if (runId === null) throw new MillraceError('invalid_request', 'Name the run by `?runId=`, as it was started; or GET /runs/ID.')
  const record = await keyedRun(context, caller, kind, checkKey(runId))
  return streamRun(context, request, caller, record, encodingOf(dialect, 'sse'))
}
