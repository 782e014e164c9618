import type { RunId, RunRecord, Store } from '../store/store.ts'
import { Overdue } from './overdue.ts'

export interface OrphansOptions {
  readonly store: Store
  /** The kinds that this process knows. */
  readonly kinds: readonly string[]
  /** How long runs of other kinds are left to others, in ms, before they are ended. */
  readonly foreignGrace: number
  /** Takes one, if it can be had and there is room for it. */
  readonly take: (record: RunRecord) => Promise<boolean>
  /** Ends one that nobody takes. */
  readonly end: (run: RunId) => Promise<unknown>
  readonly warn: (message: string, run: RunId, error: unknown) => void
}

/** So many runs are claimed at a time; after as many the next look comes at once. */
const CLAIM_LIMIT = 128

/** Looks for runs that need somebody: queued ones, those whose producer was lost, those that a signal woke. */
export class Orphans {
  readonly #options: OrphansOptions
  readonly #foreign = new Overdue()
  #closed = false

  constructor(options: OrphansOptions) {
    this.#options = options
  }

  async look(): Promise<void> {
    const { store } = this.#options
    for (let claimed = 1; claimed > 0; ) {
      const due = await store.list({ needs: 'owner', limit: CLAIM_LIMIT })
      this.#foreign.keep(due.map((record) => record.id))
      claimed = await this.claim(due)
      if (due.length < CLAIM_LIMIT) break
      // Runs that are not for this process fill a look: its own may stand behind them.
      if (claimed === 0) for (const kind of this.#options.kinds) await this.lookFor(kind)
    }
  }

  async lookFor(kind: string): Promise<void> {
    for (let claimed = 1; claimed > 0 && !this.#closed; ) {
      const due = await this.#options.store.list({ needs: 'owner', kind, limit: CLAIM_LIMIT })
      claimed = await this.claim(due)
      if (due.length < CLAIM_LIMIT) break
    }
  }

  /**
   * All of them at a time, the first before the others where there is not room for all: a process that died may leave
   * hundreds behind, and of a store that is far away each costs a way there and back.
   * @returns how many of them are this process's now
   */
  async claim(records: readonly RunRecord[]): Promise<number> {
    if (this.#closed) return 0
    const claimed = await Promise.all(records.map((record) => this.#claimed(record)))
    return claimed.filter(Boolean).length
  }

  close(): void {
    this.#closed = true
  }

  /** Never rejects: one run that cannot be had is no reason to leave the others. */
  async #claimed(record: RunRecord): Promise<boolean> {
    try {
      return await this.#claimOne(record)
    } catch (error) {
      this.#options.warn('An orphaned run could not be taken.', record.id, error)
      return false
    }
  }

  async #claimOne(record: RunRecord): Promise<boolean> {
    const { kinds, foreignGrace, take, end } = this.#options
    if (kinds.includes(record.kind)) return take(record)
    if (this.#foreign.seen(record.id) > foreignGrace) await end(record.id)
    return false
  }
}
