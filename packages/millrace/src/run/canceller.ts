import { isEndStatus } from '../event/run-event.ts'
import type { RunId, RunRecord, Store } from '../store/store.ts'
import { acquire, PATIENCE } from './acquire.ts'
import { endRun } from './end-run.ts'
import { CANCELLED, type Ending } from './ending.ts'
import { insist } from './insist.ts'
import { unref } from './unref.ts'

export interface CancellerOptions {
  readonly store: Store
  readonly lease: number
  /** How long after cancel a handler may take to stop, in ms. */
  readonly grace: number
  readonly onEnded: (run: RunId) => void
  readonly warn: (message: string, run: RunId, error: unknown) => void
}

/** No other signal has it: a run is cancelled once. */
const CANCEL_ID = '!cancel'

/** Ends runs from outside: those that somebody cancels, and those that nobody can work on. */
export class Canceller {
  readonly #options: CancellerOptions
  #closed = false

  constructor(options: CancellerOptions) {
    this.#options = options
  }

  /**
   * Asks a run to stop. It ends as `cancelled` even where its handler ignores its signal or its
   * producer hangs: then the lease is taken from it after a grace time.
   */
  async cancel(run: RunId): Promise<RunRecord> {
    const { store, grace } = this.#options
    const record = await insist(() => store.signal(run, { id: CANCEL_ID, type: 'cancel', data: 'null' }), PATIENCE)
    if (isEndStatus(record.status)) return record
    if (record.status !== 'running' && (await this.end(run, CANCELLED))) return (await store.find(run)) ?? record
    // The producer's own grace comes first; this is for one that cannot act any more.
    unref(setTimeout(() => void this.#revoke(run), grace * 2))
    return record
  }

  /** Takes a run only to end it. False where somebody else holds it or it has its end already. */
  async end(run: RunId, ending: Ending, revoke: boolean = false): Promise<boolean> {
    const { store, lease, onEnded } = this.#options
    const acquired = await acquire(store, run, lease, revoke)
    if (!acquired) return false
    await endRun(store, acquired, ending)
    onEnded(run)
    return true
  }

  close(): void {
    this.#closed = true
  }

  /** Ends a cancelled run whose producer did not. Never rejects. */
  async #revoke(run: RunId): Promise<void> {
    if (this.#closed) return
    try {
      await this.end(run, CANCELLED, true)
    } catch (error) {
      this.#options.warn('A cancelled run could not be ended.', run, error)
    }
  }
}
