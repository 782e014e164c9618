import type { LiveRows } from './live-rows.ts'

/** Fewer than these are not worth a transaction of their own: 100 KB or so. */
const FEWEST = 1_024
/** Many more are not sorted in one turn of the event loop. */
const MOST = 65_536

/** By run, the oldest first. */
export type RowsByRun = ReadonlyMap<number, readonly number[]>

/**
 * Rows of the journal that segments have replaced: nobody reads them any more. They stay until there are
 * as many of them as of others. Runs that write at the same time share their pages, so removing the
 * rows of one run alone wrote a whole page for each: five kilobytes a token, for twenty runs at once.
 * Who packed them removes them, whatever other processes do with their runs meanwhile.
 */
export class PackedRows {
  readonly #live: LiveRows
  #byRun = new Map<number, readonly number[]>()
  #size = 0

  constructor(live: LiveRows) {
    this.#live = live
  }

  /** Takes over a run's live rows up to an offset. */
  add(run: number, upTo: number): void {
    this.#put(run, [...this.of(run), ...this.#live.upTo(run, upTo)])
    this.#live.dropUpTo(run, upTo)
  }

  of(run: number): readonly number[] {
    return this.#byRun.get(run) ?? []
  }

  /** Forgets a run's oldest rows: they are gone. */
  drop(run: number, count: number): void {
    this.#put(run, this.of(run).slice(count))
  }

  /** All of them, if it is time to remove them: whoever takes them does so, or puts them back. */
  take(): RowsByRun | null {
    if (this.#size < Math.max(FEWEST, Math.min(MOST, this.#live.size))) return null
    const taken = this.#byRun
    this.#byRun = new Map()
    this.#size = 0
    return taken
  }

  putBack(taken: RowsByRun): void {
    for (const [run, ids] of taken) this.#put(run, [...ids, ...this.of(run)])
  }

  #put(run: number, ids: readonly number[]): void {
    this.#size += ids.length - this.of(run).length
    if (ids.length > 0) this.#byRun.set(run, ids)
    else this.#byRun.delete(run)
  }
}
