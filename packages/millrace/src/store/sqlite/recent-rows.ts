import type { Batch } from '../../event/batch.ts'

/** Of each of two generations. What is kept may keep as much again beside it: rows are views of a run's buffer. */
const GENERATION_SIZE = 2 * 1024 * 1024
/** What a row takes in memory beside its bytes, about. */
const ROW_SIZE = 200

/**
 * The rows this process wrote last. Whoever follows a run reads what was said just now, and a short run is
 * packed before its rows have gone from here: neither asks the file, which takes ten times as long.
 */
export class RecentRows {
  #young = new Map<number, Batch>()
  #old = new Map<number, Batch>()
  #size = 0

  /** Two generations, because a map that gives up its oldest entry each time gets slow. */
  add(id: number, batch: Batch): void {
    this.#size += batch.bytes.length + ROW_SIZE
    if (this.#size > GENERATION_SIZE) {
      this.#old = this.#young
      this.#young = new Map()
      this.#size = batch.bytes.length + ROW_SIZE
    }
    this.#young.set(id, batch)
  }

  /** All of these rows, or `null`. */
  all(ids: readonly number[]): Batch[] | null {
    const batches: Batch[] = []
    for (const id of ids) {
      const batch = this.#young.get(id) ?? this.#old.get(id)
      if (batch === undefined) return null
      batches.push(batch)
    }
    return batches
  }
}
