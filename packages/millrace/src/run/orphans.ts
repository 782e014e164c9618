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

/** At most so many runs are claimed at one look; after a full one the next comes at once. */
const CLAIM_LIMIT = 32

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
    if (!this.#closed) await this.claim(await this.#options.store.list({ needs: 'owner', kind, limit: CLAIM_LIMIT }))
  }

  /** @returns how many of them are this process's now */
  async claim(records: readonly RunRecord[]): Promise<number> {
    let claimed = 0
    for (const record of records) {
      if (this.#closed) break
      try {
        if (await this.#claimOne(record)) claimed += 1
      } catch (error) {
        // One run that cannot be had must not keep the others waiting behind it.
        this.#options.warn('An orphaned run could not be taken.', record.id, error)
      }
    }
    return claimed
  }

  close(): void {
    this.#closed = true
  }

  async #claimOne(record: RunRecord): Promise<boolean> {
    const { kinds, foreignGrace, take, end } = this.#options
    if (kinds.includes(record.kind)) return take(record)
    if (this.#foreign.seen(record.id) > foreignGrace) await end(record.id)
    return false
  }
}
