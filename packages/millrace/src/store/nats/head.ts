import type { RunStatus } from '../../event/run-event.ts'
import type { LastWrite, RunState } from '../rules.ts'
import type { RunId } from '../store.ts'
import { corrupt } from './failure.ts'

/** The messages that hold a piece, by their sequence in the stream of logs: several where it is larger than one may be. */
export type Ref = readonly number[]

/** Where the pieces of a run lie that do not ride in every message. */
export interface Pieces {
  readonly input: Ref
  readonly checkpoint: { readonly offset: number; readonly at: Ref } | null
  readonly snapshot: Ref | null
  /** The table of packed segments. */
  readonly segments: Ref | null
  /** Signals that nobody consumed, oldest first. */
  readonly signals: readonly Ref[]
  /** Digests of the ids of all signals there have been: the newest, and the table of all before. */
  readonly ids: readonly string[]
  readonly olderIds: Ref | null
}

/** All that the newest message says of its run: what the log says is in it and before it. */
export interface Head {
  readonly state: RunState
  /** Of the bytes of the last write, to know its retry. */
  readonly digest: string
  /** Messages of the log before this one are packed, or were never any of its rows. */
  readonly liveFrom: number
  readonly pieces: Pieces
}

type Last = readonly [fence: number, nonce: string, after: number, count: number, end: LastWrite['end'], release: LastWrite['release']]

/** As it stands in a message, which is why it has no names: every token carries it. */
type Encoded = readonly [
  kind: string, principal: string, title: string, digest: string, createdAt: number, createdBy: string, retention: number, tombstone: number,
  status: RunStatus, tail: number, epochs: readonly (readonly [from: number, epoch: string])[], fence: number, losses: number, leaseUntil: number,
  endedAt: number | null, sealedTo: number, deletedAt: number | null, nonce: string | null, consumed: number, last: Last | null, lastDigest: string,
  liveFrom: number, input: Ref, checkpoint: readonly [offset: number, at: Ref] | null, snapshot: Ref | null, segments: Ref | null,
  signals: readonly Ref[], ids: readonly string[], olderIds: Ref | null,
]
const LENGTH = 29

export function encodeHead({ state, digest, liveFrom, pieces }: Head): string {
  const { record, policy, createdBy, nonce, consumed, last } = state
  const { input, checkpoint, snapshot, segments, signals, ids, olderIds } = pieces
  const encoded: Encoded = [
    record.kind, record.principal, record.title, record.digest, record.createdAt, createdBy, policy.retention, policy.tombstone,
    record.status, record.tail, record.epochs.map(({ from, epoch }) => [from, epoch] as const), record.fence, record.losses, record.leaseUntil,
    record.endedAt, record.sealedTo, record.deletedAt, nonce, consumed, last && lastOf(last), digest,
    liveFrom, input, checkpoint && [checkpoint.offset, checkpoint.at], snapshot, segments, signals, ids, olderIds,
  ]
  return JSON.stringify(encoded)
}

/** @throws MillraceError `store_corrupt` */
export function decodeHead(id: RunId, text: string): Head {
  const [
    kind, principal, title, digest, createdAt, createdBy, retention, tombstone, status, tail, epochs, fence, losses, leaseUntil, endedAt,
    sealedTo, deletedAt, nonce, consumed, last, lastDigest, liveFrom, input, checkpoint, snapshot, segments, signals, ids, olderIds,
  ] = parse(id, text)
  const record = {
    id, kind, principal, title, digest, status, tail, epochs: epochs.map(([from, epoch]) => ({ from, epoch })), fence, losses, leaseUntil,
    createdAt, endedAt, sealedTo, deletedAt,
  }
  return {
    state: { record, policy: { retention, tombstone }, createdBy, nonce, consumed, last: last && writeOf(last) },
    digest: lastDigest,
    liveFrom,
    pieces: { input, checkpoint: checkpoint && { offset: checkpoint[0], at: checkpoint[1] }, snapshot, segments, signals, ids, olderIds },
  }
}

function parse(id: RunId, text: string): Encoded {
  try {
    const encoded: unknown = JSON.parse(text)
    if (Array.isArray(encoded) && encoded.length === LENGTH) return encoded as readonly unknown[] as Encoded
  } catch {
    // It is told below.
  }
  throw corrupt(`the record of run ${id} cannot be read`)
}

function lastOf({ fence, nonce, after, count, end, release }: LastWrite): Last {
  return [fence, nonce, after, count, end, release]
}

function writeOf([fence, nonce, after, count, end, release]: Last): LastWrite {
  return { fence, nonce, after, count, end, release }
}
