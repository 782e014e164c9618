import { isEndStatus, type BlockKind, type Entry, type Place } from '../../event/run-event.ts'
import type { SnapshotReply } from '../../protocol/wire.ts'
import type { Given } from './given.ts'

/**
 * What a run says beyond what was given out, as entries that all stand where the snapshot was taken. A snapshot
 * does not tell the way it came: blocks are not ended before the run is, and of files, errors and events of the
 * application's own it knows nothing.
 *
 * @param before the snapshot before this one: what it said of the stage, the progress and the usage is not said again
 */
export function catchUp(given: Given, snapshot: SnapshotReply, before: SnapshotReply | null): Entry[] {
  const { id, kind, attempt, offset, status } = snapshot
  const place = { offset }
  const isAnew = given.attempt < attempt
  return [
    ...(given.attempt === 0 ? [{ type: 'start', run: id, kind, ...place } as const] : []),
    ...(isAnew && attempt > 1 ? [{ type: 'attempt', n: attempt, ...place } as const] : []),
    ...stateBeyond(snapshot, isAnew ? null : before, place),
    ...blocksBeyond(isAnew ? new Map() : given.texts, snapshot, place),
    ...snapshot.sources.slice(isAnew ? 0 : given.sources).map((source) => ({ type: 'source', ...source, ...place }) as const),
    ...asksBeyond(isAnew ? new Set() : given.asks, snapshot, place),
    ...(isEndStatus(status) ? [endOf(snapshot, place)] : []),
  ]
}

/** Of these the newest is all that counts. */
function stateBeyond({ stage, progress, usage }: SnapshotReply, before: SnapshotReply | null, place: Place): Entry[] {
  const known = new Set(before?.progress.map((item) => JSON.stringify(item)))
  return [
    ...(stage && JSON.stringify(stage) !== JSON.stringify(before?.stage) ? [{ type: 'status', ...stage, ...place } as const] : []),
    ...progress.filter((item) => !known.has(JSON.stringify(item))).map((item) => ({ type: 'progress', ...item, ...place }) as const),
    ...(usage && JSON.stringify(usage) !== JSON.stringify(before?.usage) ? [{ type: 'usage', usage, ...place } as const] : []),
  ]
}

function blocksBeyond(known: ReadonlyMap<number, number>, { blocks }: SnapshotReply, place: Place): Entry[] {
  const counts = new Map<BlockKind, number>()
  return blocks.flatMap(({ block, kind, text, ...named }) => {
    const nth = counts.get(kind) ?? 0
    counts.set(kind, nth + 1)
    const at = { block, kind, nth, ...place }
    const length = known.get(block)
    const rest = text.slice(length)
    return [
      ...(length === undefined ? [{ type: 'block_start', ...at, ...named } as const] : []),
      ...(rest === '' ? [] : [{ type: 'delta', ...at, text: rest } as const]),
    ]
  })
}

function asksBeyond(known: ReadonlySet<string>, { asks = [] }: SnapshotReply, place: Place): Entry[] {
  const open = new Set(asks.map(({ id }) => id))
  return [
    ...asks.filter(({ id }) => !known.has(id)).map((ask) => ({ type: 'ask', ...ask, ...place }) as const),
    ...[...known].filter((id) => !open.has(id)).map((id) => ({ type: 'answer', id, ...place }) as const),
  ]
}

function endOf({ status, reason, error, usage, result }: SnapshotReply, place: Place): Entry {
  return {
    type: 'end', status: status as 'completed',
    ...(reason !== undefined && { reason }), ...(error && { error }), ...(usage && { usage }), ...(result !== undefined && { result }),
    ...place,
  }
}
