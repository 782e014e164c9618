import { refusal } from '../refusal.ts'
import { CommitQueue } from './commit-queue.ts'
import type { Database } from './database.ts'
import type { Draft } from './draft.ts'
import { isBusy } from './failure.ts'
import { Turns, nextTurn, patiently } from './patience.ts'
import { View } from './view.ts'
import type { FileWatchers } from './watchers.ts'

/** Rows of other processes brought in at once: two or three milliseconds' worth. */
const REFRESH_ROWS = 2_000

export interface EngineOptions {
  readonly database: Database
  readonly watchers: FileWatchers
  readonly clock: () => number
  /** For how many ms a call waits for other processes before it fails with `store_busy`. */
  readonly patience: number
}

/** An open file: how everything else reads from it and writes to it. */
export class Engine {
  readonly database: Database
  readonly view: View
  readonly clock: () => number
  readonly #watchers: FileWatchers
  readonly #patience: number
  readonly #queue: CommitQueue
  readonly #turns = new Turns()
  #isClosed = false

  constructor({ database, watchers, clock, patience }: EngineOptions) {
    this.database = database
    this.view = new View(database)
    this.clock = clock
    this.#watchers = watchers
    this.#patience = patience
    this.#queue = new CommitQueue({
      database, clock, patience,
      refresh: () => this.#refresh(),
      view: this.view,
      wake: (run, batch) => { watchers.wake(run, batch) },
    })
  }

  /**
   * Looks at one snapshot of the file, with everything that any process has committed before.
   * @param recall the same from memory alone; `undefined`: not all of it is there. Asked while nobody else has
   * committed since, so that it is the file's newest state: no transaction then, which is most of what a read costs
   */
  async read<T>(look: () => T, recall: () => T | undefined = nothing): Promise<T> {
    await this.#turns.enter()
    for (;;) {
      const seen = await patiently(() => this.#recall(recall) ?? this.#look(look), this.#patience)
      if (seen !== null) return seen.value
      await nextTurn()
    }
  }

  /** Decides and writes in the next transaction, together with whatever else is to be written. */
  write<T>(decide: (draft: Draft) => T): Promise<T> {
    return this.#queue.write(decide)
  }

  /** The same for what producers said in a turn, at its end: it waits for no other. */
  append<T>(decide: (draft: Draft) => T): Promise<T> {
    return this.#queue.write(decide, true)
  }

  /** Wakes watchers if another process has committed. */
  async poll(): Promise<void> {
    if (!this.#isClosed && this.#isBehind()) await this.read(() => undefined)
  }

  async close(): Promise<void> {
    await this.#queue.close()
    this.#isClosed = true
    this.database.close()
  }

  #recall<T>(recall: () => T | undefined): { readonly value: T } | null {
    if (this.#isClosed) throw refusal('closed')
    if (recall === nothing || this.view.isBehind()) return null
    const value = recall()
    return value === undefined ? null : { value }
  }

  #look<T>(look: () => T): { readonly value: T } | null {
    return this.database.transaction('DEFERRED', () => (this.#refresh() ? { value: look() } : null))
  }

  #isBehind(): boolean {
    try {
      return this.view.isBehind()
    } catch (error) {
      // Busy: look again at the next poll.
      if (isBusy(error)) return false
      throw error
    }
  }

  /** False: there is more to bring in, so this transaction cannot decide anything yet. */
  #refresh(): boolean {
    const refreshed = this.view.refresh(REFRESH_ROWS)
    // What is not held was touched by others, or nobody has asked for it yet: a wake-up too many does no harm.
    if (refreshed !== 'unchanged') this.#watchers.wakeWhere((run) => !this.view.has(run))
    return refreshed !== 'more'
  }
}

function nothing(): undefined {
  return undefined
}
