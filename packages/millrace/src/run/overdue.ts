import type { RunId } from '../store/store.ts'

/**
 * Since when this process has seen runs due that it cannot work on. By its own clock alone: it
 * says nothing about the store's.
 */
export class Overdue {
  readonly #since = new Map<RunId, number>()

  /** How long the run has been seen due, in ms. */
  seen(run: RunId): number {
    const now = performance.now()
    const since = this.#since.get(run) ?? now
    this.#since.set(run, since)
    return now - since
  }

  /** Forgets every run that is no longer due: somebody works on it. */
  keep(due: readonly RunId[]): void {
    const kept = new Set(due)
    for (const run of this.#since.keys()) if (!kept.has(run)) this.#since.delete(run)
  }
}
