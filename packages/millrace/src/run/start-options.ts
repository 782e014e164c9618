import type { Json, ProgressFeed } from '../event/run-event.ts'
import type { RunRecord } from '../store/store.ts'

export interface StartOptions {
  readonly principal: string
  /** The same key of the same principal and kind joins the same run. */
  readonly key?: string | undefined
  readonly group?: string | undefined
  /**
   * A place in the group that one run can have: whoever is the first to take it, by whatever key. Who comes second is
   * given the run that has it; {@link claimOf} tells whose that is.
   */
  readonly place?: string | undefined
  /** What was asked for, where the input says more than that: what a key is compared by. Default: the input. */
  readonly claimed?: Json | undefined
  /** The item of progress that the run is; it belongs to the group of what that is a part of. */
  readonly progress?: ProgressFeed | undefined
  /** The message that the run goes on with, where another run began it. */
  readonly message?: string | undefined
}

export interface Started {
  readonly record: RunRecord
  /** False where the key joined a run that was there. */
  readonly created: boolean
}
