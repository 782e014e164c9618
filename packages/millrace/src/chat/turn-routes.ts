import { chunk } from '../dialect/chunk.ts'
import { MillraceError } from '../event/error.ts'
import { MILLRACE_STATUS } from '../protocol/headers.ts'
import type { TurnReply } from '../protocol/chat.ts'
import type { Started } from '../run/start-options.ts'
import type { Caller } from '../server/authenticate.ts'
import { packingFor } from '../server/compress.ts'
import type { Context } from '../server/context.ts'
import type { Inquiry } from '../server/inquiry.ts'
import { limitIn } from '../server/list-page.ts'
import { dialectNamed, encodingOf, negotiate } from '../server/negotiate.ts'
import { problem, withoutRetry } from '../server/problem.ts'
import { readInput } from '../server/request-body.ts'
import { documentResponse, jsonResponse, requestedCursor, runHeaders, streamRun } from '../server/respond.ts'
import { keyOf, prefersAsync, startStreaming, startWaiting } from '../server/start-route.ts'
import { ask } from './ask.ts'
import { ownConversation } from './conversation-routes.ts'
import { Line } from './line.ts'
import { wantedOf } from './question.ts'
import type { Chat } from './settings.ts'
import { fieldsOf } from './turn-input.ts'
import { listTurns } from './turn-list.ts'

/** `GET /conversations/:id/turns` */
export async function readTurns(context: Context, { kind }: Chat, request: Inquiry, { principal }: Caller, id: string): Promise<Response> {
  const query = new URL(request.url).searchParams
  const limit = limitIn(query)
  const conversation = await ownConversation(context, principal, id)
  return jsonResponse(await listTurns(context, kind, conversation, query.get('at'), limit), 200)
}

/** `POST /conversations/:id/turns`. With a cursor it only follows, and never pays twice. */
export async function askTurn(context: Context, chat: Chat, request: Inquiry, caller: Caller, id: string): Promise<Response> {
  const dialect = dialectNamed(new URL(request.url).searchParams.get('dialect') ?? chunk.name, context.dialects)
  const negotiated = negotiate(request.headers.get('Accept'), dialect, 'sse')
  const packing = packingFor(request, context.codings(chat.kind))
  const conversation = await ownConversation(context, caller.principal, id)
  const key = keyOf(request)
  if (requestedCursor(request) !== null) {
    const encoding = negotiated === 'document' ? encodingOf(dialect, 'sse') : negotiated
    return streamRun(context, request, caller, await keyedTurn(context, chat, conversation, key), encoding)
  }
  const body = await readInput(request, context.limits.body, context.limits.depth)
  const answer = fieldsOf(body)['stream'] === false ? 'document' : negotiated
  const paid = { for: false }
  const start = async (): Promise<Started> => {
    const started = await ask(context, chat, conversation, wantedOf(body), key)
    paid.for = started.created
    return started
  }
  try {
    if (prefersAsync(request)) return replyOf(await start(), conversation.id)
    if (answer !== 'document') return await startStreaming(context, request, caller, answer, start)
    const { reply, json } = await startWaiting(context, request, caller, start)
    const { status, body: said, headers } = dialect.document?.({ run: reply.id, kind: chat.kind }, reply) ?? { status: 200, body: json, headers: {} }
    return await documentResponse(packing, said, status, { ...headers, ...runHeaders(reply), [MILLRACE_STATUS]: reply.status })
  } catch (error) {
    // Asked again without a key, the answer would be paid for once more.
    if (!paid.for || key !== undefined) throw error
    return withoutRetry(problem(error, context.logger, request))
  }
}

async function keyedTurn({ store }: Context, { kind }: Chat, conversation: Parameters<typeof ask>[2], key: string | undefined): ReturnType<Line['turn']> {
  if (key === undefined) throw new MillraceError('invalid_request', 'A cursor here needs the Idempotency-Key of the question; or GET /runs/ID.')
  const turn = await new Line(store, kind, conversation).keyed(key)
  if (turn) return turn
  throw new MillraceError('not_found', 'This Idempotency-Key began no answer in this conversation.')
}

function replyOf({ record, created }: Started, conversationId: string): Response {
  const reply: TurnReply = { id: record.id, conversationId, status: record.status, created }
  return jsonResponse(reply, created ? 202 : 200, { ...runHeaders(record), [MILLRACE_STATUS]: record.status })
}
