import { escapeHtml } from '../../dialect/escape.ts'
import { millrace } from '../../dialect/millrace.ts'
import { MillraceError } from '../../event/error.ts'
import { ndjson } from '../../format/ndjson.ts'
import { sse } from '../../format/sse.ts'
import { LAST_EVENT_ID, MILLRACE_STATUS } from '../../protocol/headers.ts'
import { absent } from '../absent.ts'
import type { Caller } from '../authenticate.ts'
import { streamingResponse } from '../body.ts'
import type { Context } from '../context.ts'
import type { Inquiry } from '../inquiry.ts'
import { negotiate } from '../negotiate.ts'
import { jsonResponse } from '../respond.ts'
import { streamHeaders } from '../stream-headers.ts'
import { progressHtml } from './html.ts'
import { ProgressStream, type ProgressEncoding } from './stream.ts'

const json = JSON.stringify
const ENCODINGS: Readonly<Record<string, ProgressEncoding>> = {
  sse: { format: sse, data: json, done: null },
  ndjson: { format: ndjson, data: json, done: null },
  html: { format: sse, data: progressHtml, done: 'done' },
}

/** `GET /progress/:group`: a snapshot as JSON, or a stream of them. */
export async function readProgress(context: Context, request: Inquiry, caller: Caller, id: string): Promise<Response> {
  const encoding = encodingFor(request)
  const group = await context.groups.at(caller.principal, id).catch((error: unknown) => absentGroup(error, request, encoding))
  if (group instanceof Response) return group
  const { status, version, ended } = group.value
  const headers = { [MILLRACE_STATUS]: status }
  if (encoding === null) return jsonResponse(group.value, 200, headers)
  // Hypermedia does not stop on 204, and is told again what it has.
  const sent = encoding.done === null ? Number(request.headers.get(LAST_EVENT_ID) ?? -1) : -1
  // Whoever has the last one would ask for ever.
  if (ended && sent === version) return new Response(null, { status: 204, headers })
  const init = { headers: { ...streamHeaders(encoding.format.mediaType), ...headers } }
  if (request.method === 'HEAD') return new Response(null, init)
  const leave = context.quota?.take(caller.principal)
  const stream = new ProgressStream(group, encoding, context.heartbeats, sent, () => {
    callOff()
    leave?.()
  })
  const callOff = context.deadlines.at(caller.expiresAt, () => stream.onLost())
  return streamingResponse(stream, init)
}

/** Hypermedia is told that there is nothing, and keeps what it has. */
function absentGroup(error: unknown, request: Inquiry, encoding: ProgressEncoding | null): Response {
  if (!encoding?.done) throw error
  const { done } = encoding
  const isNew = !request.headers.has(LAST_EVENT_ID)
  return absent(error, request, (words) => [
    ...(isNew ? [{ event: null, data: `<p role="status">${escapeHtml(words)}</p>` }] : []), { event: done, data: 'gone' },
  ])
}

/** `null`: one document. */
function encodingFor(request: Inquiry): ProgressEncoding | null {
  const dialect = new URL(request.url).searchParams.get('dialect')
  if (dialect === 'html') return ENCODINGS['html'] ?? null
  if (dialect !== null && dialect !== millrace.name) throw new MillraceError('invalid_request', 'Progress is told in the dialects millrace and html.')
  const answer = negotiate(request.headers.get('Accept'), millrace, dialect === null ? 'document' : 'sse')
  if (answer === 'document') return null
  const encoding = ENCODINGS[answer.format.name]
  if (encoding) return encoding
  throw new MillraceError('not_acceptable', 'Ask for one of: application/json, text/event-stream, application/x-ndjson.')
}
