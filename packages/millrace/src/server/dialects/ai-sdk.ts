import { isEndStatus, type Json } from '../../event/run-event.ts'
import { MillraceError, PublicError } from '../../event/error.ts'
import { MILLRACE_STATUS } from '../../protocol/headers.ts'
import type { RunRecord } from '../../store/store.ts'
import type { Caller } from '../authenticate.ts'
import { ownRun, type Context } from '../context.ts'
import type { Endpoint } from '../endpoint.ts'
import type { Inquiry } from '../inquiry.ts'
import { encodingOf } from '../negotiate.ts'
import { readInput } from '../request-body.ts'
import { jsonResponse, requestedCursor, runHeaders, streamRun } from '../respond.ts'
import { sendSignal } from '../run-routes.ts'
import { PRIVATE } from '../stream-headers.ts'
import { fieldsOf } from './fields.ts'
import { conversationGroup, type DialectRoute, type Naming, type Vendor } from './vendor.ts'

/** What `useChat` and its transports ask for beside their `POST`: their chat is a conversation here (PROTOCOL.md §7). */
export const aiSdkVendor: Vendor = { naming, below }

/** The newest run of a chat, or the one that `?run=` names. */
type FindRun = (context: Context, request: Inquiry, caller: Caller) => Promise<RunRecord | null>

/**
 * A new message of the user is the key to its answer: sent twice it is answered once. Whoever edits or regenerates
 * wants another answer. After a message of the assistant, with a tool's output or an approval in it, the same message goes on.
 */
function naming(body: Json): Naming {
  const { id, trigger, messageId, messages } = fieldsOf(body)
  const last = fieldsOf(Array.isArray(messages) ? (messages.at(-1) as Json | undefined) : undefined)
  const conversation = nameIn(id)
  const message = nameIn(last['id'])
  const isAnew = trigger === 'regenerate-message' || (messageId !== undefined && messageId !== null)
  return {
    ...(conversation === undefined ? {} : { conversation }),
    ...(last['role'] === 'user' && !isAnew && message !== undefined ? { key: encodeURIComponent(message) } : {}),
    ...(last['role'] === 'assistant' && message !== undefined ? { message } : {}),
  }
}

function below(route: DialectRoute, [chat, what, ...deeper]: readonly string[]): Endpoint | null {
  if (chat === undefined || chat === '' || deeper.length > 0) return null
  const find: FindRun = (context, request, caller) => runOf(context, request, caller, route, chat)
  switch (what) {
    case 'stream':
      return { GET: (context, request, caller) => readStream(context, request, caller, route, find) }
    case 'stop':
      return { POST: (context, request, caller) => stop(context, request, caller, find) }
    case 'signals':
      return { POST: (context, request, caller) => signal(context, request, caller, find) }
    default:
      return null
  }
}

async function runOf(context: Context, request: Inquiry, { principal }: Caller, { kind }: DialectRoute, chat: string): Promise<RunRecord | null> {
  const named = new URL(request.url).searchParams.get('run')
  if (named !== null) return ownRun(context, principal, named)
  const [newest] = await context.store.list({ principal, kind, group: await conversationGroup(principal, chat), limit: 1 })
  return newest ?? null
}

/** A page that was loaded again asks without knowing whether anything is said; to one that names the run or its place, its end is told too. */
async function readStream(context: Context, request: Inquiry, caller: Caller, { dialect }: DialectRoute, find: FindRun): Promise<Response> {
  const record = await find(context, request, caller)
  const isKnown = requestedCursor(request) !== null || new URL(request.url).searchParams.has('run')
  if (record && (isKnown || !isEndStatus(record.status))) return streamRun(context, request, caller, record, encodingOf(dialect, 'sse'))
  return new Response(null, { status: 204, headers: PRIVATE })
}

/** Its client knows no other way to stop than to leave, which changes nothing. */
async function stop(context: Context, request: Inquiry, caller: Caller, find: FindRun): Promise<Response> {
  const record = await find(context, request, caller)
  if (!record) return jsonResponse({ id: null, status: null }, 200)
  return stateOf(await context.worker.cancel(record.id))
}

async function signal(context: Context, request: Inquiry, caller: Caller, find: FindRun): Promise<Response> {
  const record = await find(context, request, caller)
  if (!record) throw new MillraceError('not_found', 'There is no run in this chat.')
  return stateOf(await sendSignal(context, record, await readInput(request, context.limits.body, context.limits.depth)))
}

function stateOf({ id, status }: RunRecord): Response {
  return jsonResponse({ id, status }, 200, { ...runHeaders({ id }), [MILLRACE_STATUS]: status })
}

function nameIn(value: Json | undefined): string | undefined {
  if (value === undefined || value === null || value === '') return undefined
  if (typeof value === 'string') return value
  throw new PublicError('invalid_input', 'The `id` of a chat or message is a string.')
}
