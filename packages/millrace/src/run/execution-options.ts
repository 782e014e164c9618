import type { Lease, Loaded, RunId, RunRecord, Signal, Store } from '../store/store.ts'
import type { WorkableDefinition } from './define.ts'
import type { Logger } from './logger.ts'
import type { Observe } from './news.ts'
import type { Outcome } from './outcome.ts'

export interface ExecutionOptions {
  readonly store: Store
  readonly definition: WorkableDefinition
  readonly record: RunRecord
  /** What the store would answer to `load`, where that is known: a run that was just made needs no read. */
  readonly loaded: Loaded | null
  readonly lease: Lease
  /** Not yet consumed. */
  readonly signals: readonly Signal[]
  /** The run was given back to wait for a signal, and goes on here: nobody was lost. */
  readonly waited: boolean
  /** How long after cancel a handler may take to stop, in ms. */
  readonly grace: number
  readonly maxEntry: number
  readonly outcome: (run: RunId, signal: AbortSignal) => Promise<Outcome>
  readonly observe: Observe
  readonly logger: Logger
}
