import type { Policy, RunId, RunRecord, Store } from '../store/store.ts'
import type { AnyRunDefinition } from './define.ts'
import type { Logger } from './logger.ts'
import type { Observe } from './news.ts'
import type { Outcome, Waiting } from './outcome.ts'

export interface WorkerOptions {
  readonly store: Store
  readonly runs: Readonly<Record<string, AnyRunDefinition>>
  /** How long a producer may be silent before another takes over, in ms. */
  readonly lease: number
  /** How long after cancel a handler may take to stop, in ms. */
  readonly grace: number
  readonly policy: Policy
  readonly maxEntry: number
  /** How long runs of kinds that this process does not know are left to others, in ms, before it ends them. Default: a minute. */
  readonly foreignGrace?: number
  /** How long a handler that waits for a signal is kept, in ms, before its run is let go of. Default: half a minute. */
  readonly patience?: number
  /** How often to look who reads the runs that ask for it, in ms. Default: a second. */
  readonly readership?: number
  /** How often to look for ended logs that nobody packed, in ms. Default: ten seconds. */
  readonly sealing?: number
  /** What a run of the principal came to, once it has its end: where that is still to come, it is waited for inside of `waiting`. */
  readonly outcome: (principal: string, run: RunId, signal: AbortSignal, waiting: Waiting) => Promise<Outcome>
  /** A run of a group was started here. */
  readonly onGrouped?: (record: RunRecord) => void
  readonly observe: Observe
  readonly logger: Logger
}
