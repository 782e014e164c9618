/** What a storm leaves behind, as plain data: all that the oracle is given. Times in ms, on one clock for all processes. */
import type { Entry, Recovery, RunStatus } from '../../../../packages/millrace/src/index.ts'

export interface Evidence {
  /** What every run's log holds, read from the engine after the storm by a store that was just opened. */
  readonly logs: ReadonlyMap<string, RunLog>
  /** Ids that a start was answered with. */
  readonly started: readonly string[]
  readonly calls: readonly Call[]
  readonly readers: readonly ReaderHistory[]
  readonly faults: readonly Fault[]
  /** When a worker was there to take runs over. */
  readonly manned: readonly Span[]
  readonly lease: number
}

export interface RunLog {
  readonly run: string
  readonly kind: Recovery
  readonly status: RunStatus
  readonly entries: readonly LogEntry[]
  /** The same as the engine itself tells it; `null` where it is not asked so. */
  readonly rows: readonly Row[] | null
}

/** What an engine holds of a log: consecutive entries, a JSON line each or, sealed, joined. */
export interface Row {
  readonly first: number
  readonly last: number
  readonly text: string
}

/** One entry by itself, whatever sealing joined it with. */
export interface LogEntry {
  readonly epoch: string
  readonly entry: Entry
}

/** A call of the store as the process that made it wrote it down. */
export type Call = CreateCall | AcquireCall | AppendCall

interface CallBase {
  readonly worker: string
  readonly run: string
  readonly nonce: string
  /** When it was about to be made, and when its answer was written down. */
  readonly at: number
  readonly answeredAt: number | null
  readonly answer: CallAnswer
}

/** `unknown`: the process died, or the store said that it does not know; it may have happened or not. */
export type CallAnswer =
  | { readonly outcome: 'done'; readonly fence: number }
  /** Asked for and not given: somebody else has it, or had it first. */
  | { readonly outcome: 'denied' }
  | { readonly outcome: 'refused'; readonly code: string }
  | { readonly outcome: 'unknown' }

export interface CreateCall extends CallBase {
  readonly type: 'create'
  readonly lines: readonly string[]
}
export interface AcquireCall extends CallBase {
  readonly type: 'acquire'
}
export interface AppendCall extends CallBase {
  readonly type: 'append'
  readonly fence: number
  readonly after: number
  /** Its entries as JSON, each by itself. */
  readonly lines: readonly string[]
  /** Some of them were one line. */
  readonly isJoined: boolean
  readonly ends: boolean
}

export interface ReaderHistory {
  readonly reader: string
  readonly run: string
  readonly heard: readonly Heard[]
  /** `ended`, the code it failed with, or `waiting`: it was still there when the storm was over. */
  readonly outcome: string
  readonly connections: number
}

/** What came at once. */
export interface Heard {
  readonly connection: number
  /** The place after it. */
  readonly cursor: string
  readonly entries: readonly Entry[]
}

export interface Fault {
  readonly sort: string
  readonly at: number
  /** When it was over; `null` for what is never made good, as a kill. */
  readonly until: number | null
  /** Whom it kept from working; `null` for all. */
  readonly worker: string | null
  /** A process of a worker was killed by it. */
  readonly isKill: boolean
}

export interface Span {
  readonly from: number
  readonly to: number
}
