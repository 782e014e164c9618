import { isEndStatus } from '../../event/run-event.ts'
import { needsSeal } from '../rules.ts'
import type { RunState } from '../rules.ts'
import type { Signal } from '../store.ts'
import { crcOfText } from './crc.ts'
import type { Value } from './driver.ts'
import { corrupt } from './failure.ts'
import type { LiveRow } from './live-rows.ts'

/** A run as this process knows it. Immutable: a change makes a new one. */
export interface Held {
  /** The row's id: the run's, except for a row that had to make way (see `retire`). */
  readonly id: string
  readonly key: number
  /** The change number under which `state` was last written to `runs`; rows of the journal may be newer. */
  readonly version: number
  readonly state: RunState
  /** The checksum of the row that `state.last` wrote, to know its retry. */
  readonly lastCrc: number
  /** Data is left that nobody reads any more. */
  readonly purge: boolean
  /** Those not yet consumed, oldest first. */
  readonly signals: readonly Signal[]
}

/** What of a run's state lies in the row as JSON. */
interface Stored {
  readonly state: RunState
  readonly lastCrc: number
}

/** The columns that {@link stateOf} reads, for a SELECT. */
export const STATE_COLUMNS = 'id, key, version, purge, state, crc'

/** A row of {@link STATE_COLUMNS}, without its signals. @throws MillraceError `store_corrupt` */
export function heldOf(row: readonly Value[]): Held {
  const [id, key, version, purge, json, crc] = row
  if (typeof id !== 'string' || typeof key !== 'number' || typeof version !== 'number' || typeof json !== 'string') {
    throw corrupt('a run cannot be read')
  }
  if (crcOfText(key, 'state', version, json) !== crc) throw corrupt(`the state of run ${id} has changed by itself`)
  const { state, lastCrc } = JSON.parse(json) as Stored
  return { id, key, version, purge: purge === 1, state, lastCrc, signals: [] }
}

/**
 * A plain append writes nothing but its row of the journal. So a state read from `runs` lacks what
 * the rows written after it say: the tail, the lease's end and the last write.
 */
export function withNewest(held: Held, newest: LiveRow | undefined): Held {
  if (newest === undefined || newest.id < held.version) return held
  const { state } = held
  const { record, nonce } = state
  if (nonce === null) throw corrupt(`run ${held.id} was written to by nobody`)
  return {
    ...held,
    lastCrc: newest.crc,
    state: {
      ...state,
      record: { ...record, tail: newest.last, leaseUntil: newest.leaseUntil },
      last: {
        fence: record.fence, nonce, after: newest.first - 1, count: newest.last - newest.first + 1, end: null, release: null,
      },
    },
  }
}

/** Whether a row of the journal alone tells everything that `next` says beyond `before`. */
export function isPlain(before: RunState, next: RunState): boolean {
  return (
    before.record.status === next.record.status &&
    before.record.epochs === next.record.epochs &&
    before.nonce === next.nonce &&
    before.consumed === next.consumed
  )
}

/** The values of the columns that change, in the order of the statements in `draft.ts`. */
export function changingColumns(held: Held): readonly Value[] {
  const { record, policy } = held.state
  const json = JSON.stringify({ state: held.state, lastCrc: held.lastCrc } satisfies Stored)
  const isGone = record.deletedAt !== null
  const isOpen = !isGone && !isEndStatus(record.status)
  const isSignalled = record.status === 'waiting' && held.signals.length > 0
  const isClaimable = isOpen && (record.status !== 'waiting' || isSignalled || record.leaseUntil > 0)
  return [
    held.version, isClaimable ? 1 : 0, isSignalled ? 0 : record.leaseUntil, !isGone && needsSeal(record) ? 1 : 0,
    nextChange(held.state, policy.retention, policy.tombstone), held.purge ? 1 : 0,
    json, crcOfText(held.key, 'state', held.version, json),
  ]
}

/** When time alone will change what the run is. */
function nextChange({ record }: RunState, retention: number, tombstone: number): number | null {
  if (record.deletedAt !== null) return record.deletedAt + tombstone
  return record.endedAt === null ? null : record.endedAt + retention
}
