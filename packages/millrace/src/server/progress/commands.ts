import { MillraceError } from '../../event/error.ts'
import { eventsOf, type ProgressCommand } from '../../progress/command.ts'
import { groupOfItem, isSettled, runOfItem } from '../../progress/item.ts'
import { randomNonce } from '../../run/ids.ts'
import type { RunRecord } from '../../store/store.ts'
import { ownRun, type Context } from '../context.ts'
import { REFUSED, WORKFLOW } from './events.ts'
import type { GroupProgress, ProgressWord } from './group-progress.ts'

/**
 * Sends a command to the run its item lives in, and resolves when that run's log says what came of it.
 * It is checked here, by what is known here; and there, when its turn has come.
 *
 * @throws MillraceError `not_found`, `invalid_transition`; `ended` where the run ended before it took it
 */
export async function sendCommand(context: Context, principal: string, command: ProgressCommand): Promise<void> {
  const { item } = command
  const { group, record } = await groupOf(context, principal, item)
  // A run's own item moves with its run, except where that is a workflow.
  if (command.op === 'cancel' && item === record.id) await cancelRun(context, group, record.id)
  else {
    // Only a workflow takes commands: all other runs say themselves how far they are.
    eventsOf(group.fold, record.kind === WORKFLOW ? record.id : '', command, Date.now())
    await answered(group, record.id, (id) => context.worker.signal(record, 'progress', command, id))
  }
  if (command.op === 'cancel' || command.op === 'fail' || command.op === 'skip') await cancelFed(context, group, item)
}

/** Resolves when the run's log has its end: at once for a workflow, after its grace time for work that ignores its signal. */
async function cancelRun(context: Context, group: GroupProgress, run: string): Promise<void> {
  const item = group.fold.item(run)
  if (group.fold.hasEnded(run)) throw new MillraceError('invalid_transition', `An item that is ${item?.status ?? 'completed'} cannot cancel.`)
  await context.worker.cancel(run)
  await new Promise<void>((resolve, reject) => {
    const leave = group.watch({ onChange: look, onLost: settle })
    look()
    function look(): void {
      if (group.fold.hasEnded(run)) settle(null)
    }
    function settle(error: Error | null): void {
      leave()
      if (error === null) resolve()
      else reject(error)
    }
  })
}

/**
 * The group of an item's run, with all that stands in that run's log by now.
 * @throws MillraceError `not_found`
 */
export async function groupOf(context: Context, principal: string, item: string): Promise<{ group: GroupProgress; record: RunRecord }> {
  const name = groupOfItem(item)
  const record = await ownRun(context, principal, runOfItem(item) ?? '')
  const group = await context.groups.of(principal, name ?? record.id)
  await group.reached(record)
  return { group, record }
}

/** Sends, and waits until the log answers. */
function answered(group: GroupProgress, run: string, send: (id: string) => Promise<unknown>): Promise<void> {
  const command = randomNonce()
  return new Promise((resolve, reject) => {
    const leave = group.watch({
      onWord(word) {
        if (word.command === command) settle(word.type === REFUSED ? refusalOf(word) : null)
      },
      onChange() {
        if (group.fold.hasEnded(run)) settle(new MillraceError('ended', 'The workflow ended before it took this.'))
      },
      onLost: settle,
    })
    function settle(error: Error | null): void {
      leave()
      if (error === null) resolve()
      else reject(error)
    }
    send(command).catch((error: unknown) => settle(error as Error))
  })
}

function refusalOf({ code, message }: ProgressWord): MillraceError {
  return new MillraceError(code === 'not_found' ? 'not_found' : 'invalid_transition', String(message))
}

/** What is shown as over is not paid for any longer: runs that feed a part of it are stopped. */
async function cancelFed(context: Context, group: GroupProgress, item: string): Promise<void> {
  const { items } = group.value
  const below = new Set([item])
  for (const { id, parent } of items) if (parent !== null && below.has(parent)) below.add(id)
  const fed = items.filter(({ id, run }) => id === run && id !== item && below.has(id))
  const open = fed.filter(({ id }) => !isSettled(group.fold.item(id)?.status ?? 'completed'))
  await Promise.all(open.map(({ id }) => context.worker.cancel(id)))
}
