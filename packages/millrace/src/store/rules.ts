/**
 * What a store decides, as pure functions from what it holds to what it shall hold next. A backing
 * that decides in this process (memory, SQLite) calls them inside its transaction; one that
 * decides inside its engine says the same in the engine's language, and the suite compares.
 */
import type { Batch } from '../event/batch.ts'
import { epochOf } from '../event/cursor.ts'
import { isEndStatus } from '../event/run-event.ts'
import type { CreateRun, Epoch, Lease, ListFilter, Policy, RunId, RunRecord, Write } from './store.ts'

/**
 * The newest write that said something, kept to know its retry. Renewals are not among them:
 * they may be repeated as they are.
 */
export interface LastWrite {
  readonly fence: number
  readonly nonce: string
  readonly after: number
  readonly count: number
  readonly end: Write['end'] | null
  readonly release: Write['release'] | null
}

/** What a store keeps of a run beside its rows, its signals and its checkpoint. */
export interface RunState {
  readonly record: RunRecord
  readonly policy: Policy
  /** The nonce `create` was called with. */
  readonly createdBy: string
  /** The current lease's; `null` when nobody holds one. */
  readonly nonce: string | null
  /** Signals up to this `seq` are consumed. They are kept, so that their ids stay known. */
  readonly consumed: number
  readonly last: LastWrite | null
}

export function createState(id: RunId, options: CreateRun, now: number): RunState {
  const { kind, principal, title, digest, policy, nonce, ttl } = options
  const held = ttl > 0
  return {
    record: {
      id, kind, principal, title, digest,
      status: held ? 'running' : 'queued',
      tail: 1,
      epochs: [{ from: 1, epoch: epochOf(nonce) }],
      fence: held ? 1 : 0,
      losses: 0,
      leaseUntil: held ? now + ttl : 0,
      createdAt: now,
      endedAt: null,
      sealedTo: 0,
      deletedAt: null,
    },
    policy,
    createdBy: nonce,
    nonce: held ? nonce : null,
    consumed: 0,
    last: null,
  }
}

/** Whether `create` with these options is a retry of the call that made the run. */
export function isCreator(state: RunState, options: CreateRun): boolean {
  return state.createdBy === options.nonce && state.record.deletedAt === null
}

/** The lease `create` gives (and gives again to its retry, even if it was lost since: it is fenced then). */
export function creatorLease(options: CreateRun): Lease | null {
  return options.ttl > 0 ? { fence: 1, nonce: options.nonce, ttl: options.ttl } : null
}

/** The record as it stands at `now`: itself, its tombstone, or `null` for no trace. */
export function recordAt(record: RunRecord, policy: Policy, now: number): RunRecord | null {
  const deletedAt = record.deletedAt ?? (record.endedAt === null ? Infinity : record.endedAt + policy.retention)
  if (now < deletedAt) return record
  return now < deletedAt + policy.tombstone ? entomb(record, deletedAt) : null
}

/** A tombstone tells the owner that the run was there and what its key stood for; the title is data and goes. */
export function entomb(record: RunRecord, deletedAt: number): RunRecord {
  return { ...record, title: '', leaseUntil: 0, deletedAt }
}

export type AcquireDecision =
  | { readonly kind: 'refused'; readonly code: 'ended' }
  | { readonly kind: 'held' }
  | { readonly kind: 'acquired'; readonly state: RunState; readonly lease: Lease; readonly isNew: boolean }

export function decideAcquire(
  state: RunState, nonce: string, ttl: number, revoke: boolean, now: number,
): AcquireDecision {
  const { record } = state
  if (isEndStatus(record.status)) return { kind: 'refused', code: 'ended' }
  if (state.nonce === nonce) {
    const renewed = { ...state, record: { ...record, leaseUntil: now + ttl } }
    return { kind: 'acquired', state: renewed, lease: { fence: record.fence, nonce, ttl }, isNew: false }
  }
  if (record.status === 'running' && record.leaseUntil > now && !revoke) return { kind: 'held' }
  const fence = record.fence + 1
  const epochs = withEpoch(record.epochs, { from: record.tail + 1, epoch: epochOf(nonce) })
  const losses = record.status === 'running' ? record.losses + 1 : record.losses
  const taken: RunRecord = { ...record, status: 'running', fence, losses, leaseUntil: now + ttl, epochs }
  return { kind: 'acquired', state: { ...state, record: taken, nonce }, lease: { fence, nonce, ttl }, isNew: true }
}

/** What `Acquired` says of the lease before the current one; the same to a retry until the new holder has written. */
export function hasWaited({ record, last }: RunState): boolean {
  return last?.release === 'waiting' && last.fence === record.fence - 1
}

/** A lease that wrote nothing leaves no epoch: a crash loop does not grow the table. */
function withEpoch(epochs: readonly Epoch[], next: Epoch): readonly Epoch[] {
  return [...epochs.filter((epoch) => epoch.from < next.from), next]
}

export type AppendDecision =
  | { readonly kind: 'refused'; readonly code: 'ended' | 'fenced' | 'conflict' | 'regressed' }
  /** The last write again: it is committed already; at most the lease is renewed. */
  | { readonly kind: 'repeated'; readonly state: RunState }
  | { readonly kind: 'written'; readonly state: RunState }

/**
 * @param saidLast whether the last recorded write had just these bytes. Asked only when everything
 *   else about it fits, so it may cost a look into the log. Its answer must not change when the
 *   log is sealed.
 */
export function decideAppend(
  state: RunState, lease: Lease, write: Write, now: number, saidLast: (bytes: Uint8Array) => boolean,
): AppendDecision {
  const { record } = state
  const isCurrent = state.nonce === lease.nonce && record.fence === lease.fence
  if (isCurrent && write.after === record.tail) return { kind: 'written', state: afterWrite(state, lease, write, now) }
  if (isLast(state.last, lease, write) && saidLast(write.bytes)) {
    return { kind: 'repeated', state: isCurrent ? renewed(state, lease, now) : state }
  }
  if (isEndStatus(record.status)) return { kind: 'refused', code: 'ended' }
  if (!isCurrent) return { kind: 'refused', code: 'fenced' }
  return { kind: 'refused', code: write.after < record.tail ? 'conflict' : 'regressed' }
}

function isLast(last: LastWrite | null, lease: Lease, write: Write): boolean {
  return (
    last !== null &&
    last.nonce === lease.nonce &&
    last.fence === lease.fence &&
    last.after === write.after &&
    last.count === write.count &&
    last.end === (write.end ?? null) &&
    last.release === (write.release ?? null)
  )
}

function renewed(state: RunState, lease: Lease, now: number): RunState {
  return { ...state, record: { ...state.record, leaseUntil: now + lease.ttl } }
}

function afterWrite(state: RunState, lease: Lease, write: Write, now: number): RunState {
  const status = write.end ?? write.release ?? state.record.status
  const keeps = status === 'running'
  return {
    record: recordAfter(state.record, {
      status, tail: state.record.tail + write.count, leaseUntil: keeps ? now + lease.ttl : waitsUntil(write, now), endedAt: write.end === undefined ? null : now,
    }),
    policy: state.policy,
    createdBy: state.createdBy,
    nonce: keeps ? lease.nonce : null,
    consumed: Math.max(state.consumed, write.consumed ?? 0),
    last: isRecorded(write) ? lastOf(lease, write) : state.last,
  }
}

function waitsUntil({ release, wait }: Write, now: number): number {
  return release === 'waiting' && wait !== undefined ? now + wait : 0
}

type Moving = Pick<RunRecord, 'status' | 'tail' | 'leaseUntil' | 'endedAt'>

/** What a write changes of a record. Field by field, because a spread of one takes twenty times as long, and every token has its record. */
function recordAfter(record: RunRecord, { status, tail, leaseUntil, endedAt }: Moving): RunRecord {
  const { id, kind, principal, title, digest, epochs, fence, losses, createdAt, sealedTo, deletedAt } = record
  return { id, kind, principal, title, digest, status, tail, epochs, fence, losses, leaseUntil, createdAt, endedAt, sealedTo, deletedAt }
}

/** Whether doing it twice would differ from doing it once. */
function isRecorded(write: Write): boolean {
  return write.count > 0 || write.end !== undefined || write.release !== undefined
}

function lastOf(lease: Lease, write: Write): LastWrite {
  return {
    fence: lease.fence,
    nonce: lease.nonce,
    after: write.after,
    count: write.count,
    end: write.end ?? null,
    release: write.release ?? null,
  }
}

export type SealDecision =
  | { readonly kind: 'refused'; readonly code: 'conflict' | 'regressed' }
  /** Packed that far already: nothing changes, nor does the snapshot, which may be older than the one kept. */
  | { readonly kind: 'done' }
  /** Swap the rows from `first` to `last`, if rows begin and end there; else it is a `conflict`. */
  | { readonly kind: 'swap'; readonly first: number; readonly last: number; readonly record: RunRecord }

export function decideSeal(record: RunRecord, segments: readonly Batch[]): SealDecision {
  const first = segments.at(0)?.first ?? 1
  const last = segments.at(-1)?.last ?? 0
  if (last <= record.sealedTo) return { kind: 'done' }
  if (last > record.tail) return { kind: 'refused', code: 'regressed' }
  const joined = segments.every((segment, i) => segment.first === (segments[i - 1]?.last ?? first - 1) + 1)
  if (!joined || first < 1 || first > record.sealedTo + 1) return { kind: 'refused', code: 'conflict' }
  return { kind: 'swap', first, last, record: { ...record, sealedTo: last } }
}

/** Whether somebody should take the run. `signalled`: a signal waits that nobody consumed. */
export function needsOwner(record: RunRecord, signalled: boolean, now: number): boolean {
  switch (record.status) {
    case 'queued': return true
    case 'running': return record.leaseUntil <= now
    case 'waiting': return signalled || isPast(record.leaseUntil, now)
    default: return false
  }
}

function isPast(time: number, now: number): boolean {
  return time > 0 && time <= now
}

export function needsSeal(record: RunRecord): boolean {
  return isEndStatus(record.status) && record.sealedTo < record.tail
}

/** Everything {@link ListFilter} asks of a record alone, without `needs` and `limit`. */
export function matchesFilter(record: RunRecord, filter: ListFilter): boolean {
  return (
    record.deletedAt === null &&
    (filter.principal === undefined || record.principal === filter.principal) &&
    (filter.kind === undefined || record.kind === filter.kind) &&
    (filter.group === undefined || record.id.startsWith(`${filter.group}.`)) &&
    (filter.before === undefined || newestFirst(filter.before, record) < 0)
  )
}

/** The order of lists: by `createdAt`, then `id`, both descending. */
export function newestFirst(a: Pick<RunRecord, 'createdAt' | 'id'>, b: Pick<RunRecord, 'createdAt' | 'id'>): number {
  if (a.createdAt !== b.createdAt) return b.createdAt - a.createdAt
  return a.id < b.id ? 1 : a.id > b.id ? -1 : 0
}

export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i])
}
