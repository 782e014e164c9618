/**
 * The store contract: what a backing must keep and promise. One file (or folder) a backing, one
 * shared suite (`millrace/testing`) that every backing passes.
 *
 * A store knows nothing of dialects, outlines or what an entry says: entries are lines of JSON
 * bytes. It decides only who may append, and hands back exactly what was committed. Every method
 * is atomic for its run. Time is the store's clock, in ms since the epoch. Bytes that a store is given
 * or hands out are never changed by anybody, so nobody has to copy them.
 *
 * Errors: every method throws `MillraceError`. `not_found` where the run was never there or has
 * left no trace any more, `gone` where its tombstone stands, `store_busy` (retryable) where the
 * engine cannot answer now, `store_corrupt` where what was kept cannot be trusted, `store_failed`
 * for the rest. After `store_busy` and `store_failed` the outcome of a write is unknown: the caller
 * retries it unchanged, and the store recognises it. `too_large` where the engine cannot hold so
 * much in one write. Refusals are found in this order: `not_found` or `gone`, a recognised retry,
 * `ended`, `fenced`, then `conflict` or `regressed`.
 */
import type { Batch } from '../event/batch.ts'
import type { EndStatus, RunStatus } from '../event/run-event.ts'

/** `GROUP.RUN` or `RUN`: 22 base64url characters each. */
export type RunId = string

export interface Epoch {
  /** The first offset written under it. */
  readonly from: number
  readonly epoch: string
}

export interface RunRecord {
  readonly id: RunId
  readonly kind: string
  readonly principal: string
  /** A short label for lists. */
  readonly title: string
  /** Of the input, to tell a retry from a reused key. */
  readonly digest: string
  readonly status: RunStatus
  readonly tail: number
  /** Which stretch of the log was written under which lease; ascending, at least one. */
  readonly epochs: readonly Epoch[]
  /** How many leases were given out. The current lease's number while there is one. */
  readonly fence: number
  /** How many times a lease was taken from a producer that had not given it back: it ran out or was revoked. */
  readonly losses: number
  /** When the current lease runs out, or the time that a waiting run was given; 0 for neither. */
  readonly leaseUntil: number
  readonly createdAt: number
  readonly endedAt: number | null
  /** Up to which offset the log is packed into segments. */
  readonly sealedTo: number
  /** Set: only this tombstone is left. */
  readonly deletedAt: number | null
}

export interface Policy {
  /** How long the run's data stays readable, in ms, counted from its end. */
  readonly retention: number
  /** How long a tombstone stands after that (or after `delete`), in ms. */
  readonly tombstone: number
}

export interface CreateRun {
  readonly kind: string
  readonly principal: string
  readonly title: string
  /** JSON. */
  readonly input: string
  readonly digest: string
  readonly policy: Policy
  /** Entry 1 as JSON. */
  readonly start: Uint8Array
  /** Random, 32 hex characters; entry 1's epoch, and the lease's nonce where there is one. */
  readonly nonce: string
  /** Above 0: the creator holds the lease for so many ms and the run is `running`; 0: `queued`. */
  readonly ttl: number
}

export interface Created {
  /** False: the run (or its tombstone) was there already, made by another call. */
  readonly created: boolean
  readonly record: RunRecord
  /** Set when this call created the run with `ttl > 0`. */
  readonly lease: Lease | null
}

/**
 * The right to append. A write is checked against `fence` and `nonce`, never against the clock. A
 * nonce names one lease for ever: whoever was told `fenced` or `regressed` never uses it again, with
 * whatever `after` (an engine that lost its newest writes may have issued the same offsets twice;
 * only the nonce tells). One write of a lease is in flight at a time, renewals included.
 */
export interface Lease {
  readonly fence: number
  readonly nonce: string
  /** In ms; every accepted `append` renews the lease for so long. */
  readonly ttl: number
}

export interface AcquireOptions {
  /** Take it although the holder's lease has not run out. */
  readonly revoke?: boolean
}

export interface Acquired {
  readonly lease: Lease
  readonly record: RunRecord
  /** Those not yet consumed, oldest first. */
  readonly signals: readonly Signal[]
  /** The lease before this one was given back as `waiting`, and nothing was written since: nobody was lost. */
  readonly waited: boolean
}

export interface NewSignal {
  /** Given by the sender; the same id twice is one signal. */
  readonly id: string
  /** `cancel`, `input`, `approval`, … */
  readonly type: string
  /** JSON. */
  readonly data: string
}
export interface Signal extends NewSignal {
  /** Ascending in order of arrival at the store. */
  readonly seq: number
}

export interface Checkpoint {
  /** The last entry it covers. */
  readonly offset: number
  /** JSON. */
  readonly data: string
}

/** One atomic write. With no entries and nothing else set it renews the lease and asks for signals. */
export interface Write {
  /** The tail this write goes on from. */
  readonly after: number
  /** Entries as JSON lines joined by LF; empty for none. They may be a part of a larger buffer. */
  readonly bytes: Uint8Array
  /** As `Batch.parts`, kept and handed out with the bytes: some lines are several entries, and say their `first`. Left out or `null`: none is. */
  readonly parts?: Uint8Array | null
  /** How many entries. */
  readonly count: number
  /** JSON; covers everything up to and with this write. */
  readonly checkpoint?: string
  /** Signals up to this `seq` have been consumed by the work. */
  readonly consumed?: number
  /** The last entry is terminal: the run ends, the lease with it. */
  readonly end?: EndStatus
  /** Give the lease back: `queued` for anyone to go on at once, `waiting` until a signal comes. */
  readonly release?: 'queued' | 'waiting'
  /** With `waiting`: after so many ms the run needs an owner though no signal came. Without it, it waits for ever. */
  readonly wait?: number
}

export interface Appended {
  readonly tail: number
  /** Those not yet consumed, oldest first. */
  readonly signals: readonly Signal[]
}

export interface Page {
  /** Consecutive; the first may begin at or before `after` (a sealed or larger row). */
  readonly batches: readonly Batch[]
  readonly record: RunRecord
}

export interface Loaded {
  readonly record: RunRecord
  /** JSON. */
  readonly input: string
  readonly checkpoint: Checkpoint | null
  /** The folded answer as JSON, kept by `seal`. */
  readonly snapshot: string | null
}

export interface Seal {
  /**
   * Consecutive, covering whole rows: they replace every row between the first and the last offset.
   * A segment never spans two epochs. Checked before anything is written: `conflict` where the rows
   * are not there as such (another process sealed them otherwise), `regressed` beyond the tail.
   */
  readonly segments: readonly Batch[]
  readonly snapshot: string | null
}

export interface ListFilter {
  readonly principal?: string
  readonly group?: string
  readonly kind?: string
  /**
   * `owner`: runs somebody should take: `queued`, `running` with a lease that ran out, `waiting`
   * with a signal or past its time. `seal`: ended runs whose log is not packed to its end. Oldest first, so that none
   * is passed over for ever; each record as of some moment of the call. `before` does not go with it.
   */
  readonly needs?: 'owner' | 'seal'
  /** Go on after this record of an earlier page. */
  readonly before?: { readonly createdAt: number; readonly id: RunId }
  /** At most so many records. */
  readonly limit: number
}

/**
 * What a store calls when something happened to a run. A batch handed here is committed; it is a
 * hint all the same, and used only where its first offset and its epoch join the reader's place.
 */
export type OnWake = (batch: Batch | null) => void

export interface Store {
  /** Insert if absent. The same `nonce` again (a retry) is answered as the first time. */
  create(run: RunId, options: CreateRun): Promise<Created>

  /**
   * A new lease with the next fence for an orphaned run (`queued`, `waiting`, or `running` with a
   * lease that ran out); the run is `running` then. `null` while somebody else holds it. The same
   * `nonce` again is answered with the same lease, renewed. Refused: `ended`.
   */
  acquire(run: RunId, nonce: string, ttl: number, options?: AcquireOptions): Promise<Acquired | null>

  /**
   * One atomic write. Refused, writing nothing: `fenced` (the lease is not the current one),
   * `ended`, `conflict` (`after` lies before the tail), `regressed` (`after` lies beyond it). The
   * last write again (same nonce, `after`, entries, `end` and `release`) is answered with its
   * success, until somebody else has written. A lease that ran out
   * and that nobody took still appends, and is renewed.
   */
  append(run: RunId, lease: Lease, write: Write): Promise<Appended>

  /** Batches after offset `after`, in one atomic view with the record: about `maxBytes`, at least one where there is one. */
  read(run: RunId, after: number, maxBytes: number): Promise<Page>

  /** The record alone; also of a tombstone. `null` where there is no trace. */
  find(run: RunId): Promise<RunRecord | null>

  /** The record with everything that does not change per entry. */
  load(run: RunId): Promise<Loaded>

  /**
   * Calls `onWake` after every committed change of the run, from this process or another, and with
   * `null` also where there may have been one: when an engine's subscription begins to stand, or
   * stands again. A renewed lease and a packed log are no such changes, as far as this store made
   * them: the holder of a lease renews it when it is woken, and would do so for ever. A lost call
   * costs latency only; whoever watches also polls slowly.
   */
  watch(run: RunId, onWake: OnWake): () => void

  /** Keeps a signal for whoever holds or takes the lease, and wakes. On an ended run nothing happens. */
  signal(run: RunId, signal: NewSignal): Promise<RunRecord>

  /**
   * Says that somebody at `node` reads the run for `ttl` ms from now; 0: nobody there does any more.
   * Answers at how many nodes somebody does then. It wakes nobody, changes nothing else, and a crash
   * may forget it: whoever reads says so again and again.
   */
  touch(run: RunId, node: string, ttl: number): Promise<number>

  /** Swaps rows for packed segments, atomically and idempotently. What is readable does not change. */
  seal(run: RunId, seal: Seal): Promise<void>

  /** Newest first (`createdAt`, then `id`, both descending), with `needs` oldest first. Without tombstones. */
  list(filter: ListFilter): Promise<readonly RunRecord[]>

  /**
   * Removes the run's data and leaves a tombstone. A second call changes nothing. A run past its
   * retention answers as if deleted, by the clock; the store frees the space by itself.
   */
  delete(run: RunId): Promise<void>

  /** Lets go of the engine. Every later call fails with `closed`. */
  close(): Promise<void>
}
