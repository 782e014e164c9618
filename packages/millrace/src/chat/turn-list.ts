import { hasCode } from '../event/error.ts'
import { unpackSnapshot, type Snapshot } from '../event/snapshot.ts'
import type { Turn, TurnList } from '../protocol/chat.ts'
import type { Context } from '../server/context.ts'
import type { Loaded, RunRecord } from '../store/store.ts'
import { infoOf } from './conversation-routes.ts'
import { Line } from './line.ts'
import type { TurnInput } from './turn-input.ts'

/** UTF-16 units of answers in one page: long ones make it shorter. */
const PAGE_SIZE = 1024 * 1024

/**
 * What led to a turn, and the turn, oldest first. Each costs one call of the store, two or three where its answer is under
 * way or was not packed yet.
 * @param at default: the newest one
 * @throws MillraceError `not_found`, `gone`
 */
export async function listTurns(context: Context, kind: string, conversation: RunRecord, at: string | null, limit: number): Promise<TurnList> {
  const line = new Line(context.store, kind, conversation)
  const last = at === null ? await line.last() : await line.turn(at)
  const turns: Turn[] = []
  let next = last?.id ?? null
  for (let size = 0; next !== null && turns.length < limit && size < PAGE_SIZE; ) {
    const turn = await readTurn(context, next)
    if (turn === null) break
    turns.unshift(turn)
    size += turn.content.length
    next = turn.parent
  }
  const more = next !== null && turns.length > 0 && (await isThere(line, next))
  return { conversation: await infoOf(context, conversation), turns, ...(more && next !== null ? { next } : {}) }
}

/** `null` where it has expired. */
async function readTurn(context: Context, id: string): Promise<Turn | null> {
  try {
    const loaded = await context.store.load(id)
    return turnOf(loaded, await answerOf(context, loaded))
  } catch (error) {
    if (hasCode(error, 'gone') || hasCode(error, 'not_found')) return null
    throw error
  }
}

type Answer = Pick<Snapshot, 'status' | 'text' | 'sources' | 'usage' | 'reason' | 'error'>

async function answerOf({ snapshots }: Context, { record, snapshot }: Loaded): Promise<Answer> {
  if (snapshot !== null) return unpackSnapshot(snapshot)
  try {
    return (await snapshots.of(record)).reply
  } catch (error) {
    if (!hasCode(error, 'too_large')) throw error
    return { status: record.status, text: '', sources: [], usage: null, error: { code: error.code, message: error.message } }
  }
}

function turnOf({ record, input }: Loaded, { status, text, sources, usage, reason, error }: Answer): Turn {
  const { query, parent, supersedes, continues, model } = JSON.parse(input) as TurnInput
  return {
    id: record.id, query, parent,
    ...(supersedes === undefined ? {} : { supersedes }), ...(continues === undefined ? {} : { continues }), ...(model === undefined ? {} : { model }),
    status, content: text, sources, createdAt: record.createdAt, endedAt: record.endedAt,
    ...(usage === null ? {} : { usage }), ...(reason === undefined ? {} : { reason }), ...(error === undefined ? {} : { error }),
  }
}

async function isThere(line: Line, id: string): Promise<boolean> {
  try {
    await line.turn(id)
    return true
  } catch (error) {
    if (hasCode(error, 'gone') || hasCode(error, 'not_found')) return false
    throw error
  }
}
