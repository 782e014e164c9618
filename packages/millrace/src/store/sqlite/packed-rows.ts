import type { LiveRows } from './live-rows.ts'

/** Fewer than these are not worth a transaction of their own: 100 KB or so. */
const FEWEST = 1_024
/** Many more are not sorted in one turn of the event loop. */
const MOST = 65_536

/** Packed rows that shall be removed now. */
export interface Removal {
  /** In the order in which they lie in the file. */
  readonly ids: readonly number[]
  /** They are gone. */
  readonly forget: () => void
}

/**
 * Rows of the journal that segments have replaced: nobody reads them any more. They stay until there are
 * as many of them as of others. Runs that write at the same time share their pages, so removing the
 * rows of one run alone wrote a whole page for each: five kilobytes a token, for twenty runs at once.
 */
export class PackedRows {
  readonly #live: LiveRows
  /** Up to which offset, by run. */
  #upTo = new Map<number, number>()
  /** About how many there are: some may have been removed with all of their run. */
  #count = 0

  constructor(live: LiveRows) {
    this.#live = live
  }

  add(run: number, upTo: number): void {
    const before = this.#live.upTo(run, this.#upTo.get(run) ?? 0).length
    this.#count += this.#live.upTo(run, upTo).length - before
    this.#upTo.set(run, upTo)
  }

  /** All of them, if it is time to remove them: whoever takes them does so, or leaves it to the next to open the file. */
  take(): Removal | null {
    if (this.#count < Math.max(FEWEST, Math.min(MOST, this.#live.size / 2))) return null
    const taken = [...this.#upTo]
    this.#upTo = new Map()
    this.#count = 0
    const ids = taken.flatMap(([run, upTo]) => this.#live.upTo(run, upTo))
    return {
      ids: ids.sort((a, b) => a - b),
      forget: () => {
        for (const [run, upTo] of taken) this.#live.dropUpTo(run, upTo)
      },
    }
  }
}
