import { isEndStatus, type BlockKind, type Entry, type KnownEvent } from '../../event/run-event.ts'
import type { SnapshotReply } from '../../protocol/wire.ts'
import { endOf } from './end.ts'
import { Given } from './given.ts'

type Say = (event: KnownEvent) => unknown

/**
 * What a run says beyond what was given out, as entries that all stand where the snapshot was taken. A snapshot
 * does not tell the way it came: blocks are not ended before the run is, and of files, errors and events of the
 * application's own it knows nothing.
 *
 * @param before the snapshot before this one: what it said of the stage, the progress and the usage is not said again
 */
export function catchUp(given: Given, snapshot: SnapshotReply, before: SnapshotReply | null): Entry[] {
  const { id: run, kind, attempt, offset, status, sources } = snapshot
  const entries: Entry[] = []
  const say: Say = (event) => entries.push({ ...event, offset })
  const isAnew = given.attempt < attempt
  const known = isAnew ? new Given() : given
  if (given.attempt === 0) say({ type: 'start', run, kind })
  if (isAnew && attempt > 1) say({ type: 'attempt', n: attempt })
  sayState(snapshot, isAnew ? null : before, say)
  sayBlocks(known, snapshot, say)
  for (const source of sources.slice(known.sources)) say({ type: 'source', ...source })
  sayAsks(known, snapshot, say)
  if (isEndStatus(status)) say(endOf(snapshot))
  return entries
}

/** Of these the newest is all that counts. */
function sayState({ stage, progress, usage }: SnapshotReply, before: SnapshotReply | null, say: Say): void {
  const known = new Set([before?.stage, before?.usage, ...(before?.progress ?? [])].map((said) => JSON.stringify(said)))
  const isNew = (said: object): boolean => !known.has(JSON.stringify(said))
  if (stage && isNew(stage)) say({ type: 'status', ...stage })
  for (const item of progress.filter(isNew)) say({ type: 'progress', ...item })
  if (usage && isNew(usage)) say({ type: 'usage', usage })
}

function sayBlocks({ texts }: Given, { blocks }: SnapshotReply, say: Say): void {
  const counts = new Map<BlockKind, number>()
  for (const { block, kind, text, ...named } of blocks) {
    const nth = counts.get(kind) ?? 0
    counts.set(kind, nth + 1)
    const known = texts.get(block)
    const rest = text.slice(known)
    if (known === undefined) say({ type: 'block_start', block, kind, nth, ...named })
    if (rest !== '') say({ type: 'delta', block, kind, nth, text: rest })
  }
}

function sayAsks(known: Given, { asks = [] }: SnapshotReply, say: Say): void {
  const open = new Set(asks.map(({ id }) => id))
  for (const ask of asks) if (!known.asks.has(ask.id)) say({ type: 'ask', ...ask })
  for (const id of known.asks) if (!open.has(id)) say({ type: 'answer', id })
}
