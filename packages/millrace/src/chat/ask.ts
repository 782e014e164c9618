import { MillraceError } from '../event/error.ts'
import { isEndStatus, type Json } from '../event/run-event.ts'
import { claimOf } from '../run/claim.ts'
import type { Started } from '../run/worker.ts'
import type { Context } from '../server/context.ts'
import { untilEnded } from '../server/ended.ts'
import type { RunRecord } from '../store/store.ts'
import { Line, REMEMBERED } from './line.ts'
import { questionOf, type Question, type Wanted } from './question.ts'
import { removeTurn } from './removal.ts'
import type { Chat } from './settings.ts'
import { suggestTitle } from './title.ts'

/**
 * Asks, or joins what the key began. The run of the answer is made by whoever is the first to take its place in the line;
 * who comes second finds that run there, and looks again.
 *
 * @throws MillraceError `invalid_input`, `key_reused`, `busy`, `gone`
 */
export async function ask(context: Context, chat: Chat, conversation: RunRecord, wanted: Wanted, key?: string): Promise<Started> {
  const line = new Line(context.store, chat.kind, conversation)
  const recent = await line.newest(key === undefined ? 1 : REMEMBERED)
  for (const turn of recent) if (await isOwn(turn, wanted, key)) return { record: turn, created: false }
  const question = await questionOf(context, line, wanted)
  const newest = await stopped(context, line, question, recent[0] ?? null)
  const started = await takePlace(context, chat, line, { wanted, question, key, newest })
  if (started.created) await settle(context, conversation, started.record, question.query)
  return started
}

interface Asking {
  readonly wanted: Wanted
  readonly question: Question
  readonly key: string | undefined
  readonly newest: RunRecord | null
}

async function takePlace(context: Context, { kind, busy }: Chat, line: Line, { wanted, question, key, newest }: Asking): Promise<Started> {
  const { group, principal } = line
  let parent = newest
  for (let before = newest; ; ) {
    const waits = before !== null && isUnderWay(before)
    if (before !== null && waits && busy === 'join') return { record: before, created: false }
    if (waits && busy === 'refuse') throw new MillraceError('busy', 'Another question of this conversation is being answered. Cancel it, or ask when it has its end.')
    const input = { ...question, parent: question.parent === undefined ? (parent?.id ?? null) : question.parent, ...(waits ? { after: before?.id } : {}) }
    const { record, created } = await context.worker.start(kind, input as Json, { principal, group, key, place: Line.behind(before), claimed: wanted })
    if (created) return { record, created }
    if (await isOwn(record, wanted, key)) return { record: await line.turn(record.id), created: false }
    before = record
    if (record.deletedAt === null) parent = record
  }
}

/** Whether the key began this turn. @throws MillraceError `key_reused` where it did so with another request */
async function isOwn(turn: RunRecord, wanted: Wanted, key: string | undefined): Promise<boolean> {
  const claim = key === undefined ? 'taken' : await claimOf(turn, wanted, key)
  if (claim === 'reused') throw new MillraceError('key_reused', 'This Idempotency-Key was used with another question. Use a new key.')
  return claim === 'own'
}

/** What is answered anew is not paid for any longer. @returns the newest turn as it is then */
async function stopped(context: Context, line: Line, { supersedes }: Question, newest: RunRecord | null): Promise<RunRecord | null> {
  const replaced = supersedes === undefined ? null : supersedes === newest?.id ? newest : await line.turn(supersedes)
  if (replaced === null || !isUnderWay(replaced)) return newest
  const ended = await untilEnded(context, await context.worker.cancel(replaced.id))
  return ended.id === newest?.id ? ended : newest
}

/** A conversation may have been deleted while its question was on its way. @throws MillraceError `gone` */
async function settle(context: Context, conversation: RunRecord, turn: RunRecord, query: string): Promise<void> {
  const now = await context.store.find(conversation.id)
  if (now === null || now.endedAt !== null || now.deletedAt !== null) {
    await removeTurn(context, turn)
    throw new MillraceError('gone', 'This conversation was deleted.')
  }
  suggestTitle(context, now, query)
}

function isUnderWay({ status, deletedAt }: RunRecord): boolean {
  return deletedAt === null && !isEndStatus(status)
}
