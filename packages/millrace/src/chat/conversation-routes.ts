import { MillraceError } from '../event/error.ts'
import type { ConversationInfo, ConversationList } from '../protocol/chat.ts'
import { isRunId } from '../protocol/routes.ts'
import { keyedRunId, randomRunId } from '../run/ids.ts'
import type { Caller } from '../server/authenticate.ts'
import { ownRun, type Context } from '../server/context.ts'
import type { Inquiry } from '../server/inquiry.ts'
import { listPage, pageIn } from '../server/list-page.ts'
import { readInput } from '../server/request-body.ts'
import { jsonResponse, runHeaders } from '../server/respond.ts'
import { keyOf } from '../server/start-route.ts'
import type { RunRecord } from '../store/store.ts'
import { CONVERSATION } from './conversation.ts'
import { removeConversation } from './removal.ts'
import { rename, titleOf } from './title.ts'
import { fieldsOf } from './turn-input.ts'

/** `POST /conversations` */
export async function createConversation(context: Context, request: Inquiry, { principal }: Caller): Promise<Response> {
  const title = titleIn(await readInput(request, context.limits.body, context.limits.depth)) ?? ''
  const key = keyOf(request)
  // A key names its group, too: the same key is to lead to the same run.
  const group = key === undefined ? randomRunId() : await keyedRunId(principal, CONVERSATION, null, key)
  const { record, created } = await context.worker.start(CONVERSATION, { title }, { principal, group, key })
  if (record.endedAt !== null) throw deleted()
  return jsonResponse(await infoOf(context, record), created ? 201 : 200, runHeaders(record))
}

/** `GET /conversations` */
export async function listConversations(context: Context, request: Inquiry, { principal }: Caller): Promise<Response> {
  const { records, next } = await listPage(context.store, { principal, kind: CONVERSATION, ...pageIn(new URL(request.url).searchParams) })
  const kept = records.filter(({ endedAt }) => endedAt === null)
  const reply: ConversationList = { conversations: await Promise.all(kept.map((record) => infoOf(context, record))), ...next }
  return jsonResponse(reply, 200)
}

/** `GET /conversations/:id` */
export async function readConversation(context: Context, { principal }: Caller, id: string): Promise<Response> {
  return jsonResponse(await infoOf(context, await ownConversation(context, principal, id)), 200)
}

/** `PATCH /conversations/:id` */
export async function renameConversation(context: Context, request: Inquiry, { principal }: Caller, id: string): Promise<Response> {
  const record = await ownConversation(context, principal, id)
  const title = titleIn(await readInput(request, context.limits.body, context.limits.depth))
  if (title === undefined || title.trim() === '') throw new MillraceError('invalid_input', 'A conversation is renamed by {"title":"…"}.')
  await rename(context, record, title, request.signal)
  return jsonResponse({ ...(await infoOf(context, record)), title }, 200)
}

/** `DELETE /conversations/:id` */
export async function deleteConversation(context: Context, { principal }: Caller, id: string): Promise<Response> {
  await removeConversation(context, await conversationRun(context, principal, id))
  return new Response(null, { status: 204 })
}

/**
 * The caller's own conversation.
 * @throws MillraceError `not_found`; `gone` also where it is being deleted
 */
export async function ownConversation(context: Context, principal: string, id: string): Promise<RunRecord> {
  const record = await conversationRun(context, principal, id)
  if (record.endedAt !== null) throw deleted()
  return record
}

export async function infoOf(context: Context, record: RunRecord): Promise<ConversationInfo> {
  return { conversationId: record.id, title: await titleOf(context, record), createdAt: record.createdAt }
}

async function conversationRun(context: Context, principal: string, id: string): Promise<RunRecord> {
  const record = isRunId(id) ? await ownRun(context, principal, id) : null
  if (record?.kind === CONVERSATION) return record
  throw new MillraceError('not_found', 'There is no such conversation.')
}

function deleted(): MillraceError {
  return new MillraceError('gone', 'This conversation was deleted.')
}

function titleIn(body: unknown): string | undefined {
  const { title } = fieldsOf(body)
  if (title === undefined || typeof title === 'string') return title
  throw new MillraceError('invalid_input', 'A `title` is a text.')
}
