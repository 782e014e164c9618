import { MillraceError } from '../../event/error.ts'
import { summed, type Past } from '../../progress/estimate.ts'
import { runOfItem } from '../../progress/item.ts'
import type { Typed } from '../../protocol/app.ts'
import { keyedRunId, randomNonce, randomRunId } from '../../run/ids.ts'
import { SIGNAL_SIZE } from '../../run/worker.ts'
import type { RunRecord } from '../../store/store.ts'
import { contextOf } from '../app.ts'
import type { Context } from '../context.ts'
import { infoOf } from '../info.ts'
import { groupOf, sendCommand } from './commands.ts'
import type { FeedMoves, NewItem, NewWorkflow, ProgressTracker } from './contract.ts'
import { PAST, WORKFLOW } from './events.ts'
import { StreamFeed } from './feed.ts'
import { followGroup } from './follow.ts'

const LISTED = 100
/** So many earlier workflows tell how long this one may take: their logs are read when it is made. */
const RECALLED = 5

/** @throws MillraceError `invalid_request` where `app` is none */
export function createProgressTracker(app: Typed, { principal }: { readonly principal: string }): ProgressTracker {
  const context = contextOf(app)
  const send = (op: 'start' | 'pause' | 'resume', item: string): Promise<void> => sendCommand(context, principal, { op, item })
  const end = (op: 'complete' | 'fail' | 'skip' | 'cancel', item: string, message: string | undefined): Promise<void> =>
    sendCommand(context, principal, { op, item, ...(message === undefined ? {} : { message }) })
  const moves: FeedMoves = {
    addItem: (parent, item) => add(context, principal, parent, item),
    startItem: (item) => send('start', item),
    increment: (item, by = 1) => sendCommand(context, principal, { op: 'increment', item, by }),
    completeItem: (item, message) => end('complete', item, message),
    failItem: (item, message) => end('fail', item, message),
    cancelItem: (item, message) => end('cancel', item, message),
  }
  return {
    ...moves,
    createWorkflow: (workflow) => create(context, principal, workflow),
    updateProgress: (item, progress) => sendCommand(context, principal, { op: 'update', item, ...progress }),
    pauseItem: (item) => send('pause', item),
    resumeItem: (item) => send('resume', item),
    skipItem: (item, message) => end('skip', item, message),
    observe: (feed) => new StreamFeed(moves, feed, context.logger),
    getSnapshot: async (item) => (await groupOf(context, principal, item)).group.value,
    follow: (item, options) => followGroup(async () => (await groupOf(context, principal, item)).group, options?.signal),
    list: async () => (await workflows(context, principal)).map(infoOf),
  }
}

async function create(context: Context, principal: string, { name, description = '', key }: NewWorkflow): Promise<string> {
  // A key names its group, too: the same key is to lead to the same run.
  const group = key === undefined ? randomRunId() : await keyedRunId(principal, WORKFLOW, null, key)
  const { record } = await context.worker.start(WORKFLOW, { name, description }, { principal, group, key })
  await remind(context, principal, record)
  return record.id
}

/** Tells a workflow how long like work took before. It is there already: what only serves estimates is no reason to fail. */
async function remind(context: Context, principal: string, record: RunRecord): Promise<void> {
  try {
    const past = await recall(context, principal, record)
    // No part of the input: that is the same for the same key, and this is not.
    if (past.length > 0) await context.worker.signal(record, PAST, past.map((took) => ({ ...took })), PAST)
  } catch (error) {
    context.logger.warn('A workflow is not told how long like work took.', { run: record.id, error })
  }
}

/** How long the work in earlier workflows of this name took, the newest first. */
async function recall(context: Context, principal: string, { id, title }: RunRecord): Promise<Past> {
  const like = (await workflows(context, principal)).filter((run) => run.title === title && run.status === 'completed' && run.id !== id)
  const groups = await Promise.all(like.slice(0, RECALLED).map((run) => groupOf(context, principal, run.id)))
  return fitting(summed(groups.flatMap(({ group }) => group.fold.took())))
}

/** As much of it as a signal can bring. */
function fitting(past: Past): Past {
  let size = '[]'.length
  const end = past.findIndex((took) => (size += JSON.stringify(took).length + 1) > SIGNAL_SIZE)
  return end === -1 ? past : past.slice(0, end)
}

/** Where the run a part lives in is no workflow, the command is refused. */
async function add(context: Context, principal: string, parent: string, { key = randomNonce().slice(0, 12), ...item }: NewItem): Promise<string> {
  const run = runOfItem(parent)
  if (run === null) throw new MillraceError('not_found', 'This is no id of an item.')
  const id = `${run}/${key}`
  await sendCommand(context, principal, { op: 'add', item: id, parent, ...item })
  return id
}

function workflows({ store }: Context, principal: string): Promise<readonly RunRecord[]> {
  return store.list({ principal, kind: WORKFLOW, limit: LISTED })
}
