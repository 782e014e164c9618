import { hasCode } from '../event/error.ts'
import type { Context } from '../server/context.ts'
import { untilEnded } from '../server/ended.ts'
import type { RunRecord } from '../store/store.ts'
import { groupOf } from './line.ts'

const PAGE = 100

/**
 * Deletes a conversation: it ends first, so that nothing more is asked in it, and goes last, so that whoever finds it
 * half deleted goes on.
 */
export async function removeConversation(context: Context, conversation: RunRecord): Promise<void> {
  const { store, worker } = context
  const { id, principal } = conversation
  await untilEnded(context, await worker.cancel(id))
  for (;;) {
    const runs = await store.list({ principal, group: groupOf(id), limit: PAGE })
    const turns = runs.filter((run) => run.id !== id)
    if (turns.length === 0) break
    // Those that wait for one another stop together; newest first, so that none is left whose past is gone.
    await Promise.all(turns.map((turn) => stop(context, turn)))
    for (const turn of turns) await store.delete(turn.id)
  }
  await store.delete(id)
}

export async function removeTurn(context: Context, turn: RunRecord): Promise<void> {
  await stop(context, turn)
  await context.store.delete(turn.id)
}

async function stop(context: Context, run: RunRecord): Promise<void> {
  if (run.endedAt !== null) return
  try {
    await untilEnded(context, await context.worker.cancel(run.id))
  } catch (error) {
    // Deleted meanwhile by another that does the same.
    if (!hasCode(error, 'gone') && !hasCode(error, 'not_found')) throw error
  }
}
