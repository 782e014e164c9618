import type { Batch } from '../event/batch.ts'
import type { OnWake, RunId } from './store.ts'

interface Wake {
  readonly watchers: ReadonlySet<OnWake>
  readonly batch: Batch | null
}

/** Who wants to hear of which run, of those who watch in this process. */
export class Watchers {
  readonly #byRun = new Map<RunId, Set<OnWake>>()
  #due: Wake[] = []

  get isEmpty(): boolean {
    return this.#byRun.size === 0
  }

  runs(): Iterable<RunId> {
    return this.#byRun.keys()
  }

  add(run: RunId, onWake: OnWake): () => void {
    // Its own function, so that the same callback may watch twice.
    const wake: OnWake = (batch) => { onWake(batch) }
    const known = this.#byRun.get(run)
    if (known) known.add(wake)
    else this.#byRun.set(run, new Set([wake]))
    return () => { this.#remove(run, wake) }
  }

  /**
   * Calls them soon, so that a watcher that writes cannot break into this write. One microtask for all
   * that is committed until then: one each would be a fifth of what a token costs a store in memory.
   */
  wake(run: RunId, batch: Batch | null): void {
    const watchers = this.#byRun.get(run)
    if (watchers && this.#due.push({ watchers, batch }) === 1) queueMicrotask(() => { this.#callAll() })
  }

  clear(): void {
    for (const watchers of this.#byRun.values()) watchers.clear()
    this.#byRun.clear()
  }

  #callAll(): void {
    const due = this.#due
    this.#due = []
    for (const { watchers, batch } of due) {
      for (const onWake of watchers) callAlone(onWake, batch)
    }
  }

  #remove(run: RunId, wake: OnWake): void {
    const watchers = this.#byRun.get(run)
    if (watchers?.delete(wake) && watchers.size === 0) this.#byRun.delete(run)
  }
}

/** What one of them throws hits nobody else, and is not lost either: the process hears of it as of any such failure. */
function callAlone(onWake: OnWake, batch: Batch | null): void {
  try {
    onWake(batch)
  } catch (error) {
    queueMicrotask(() => { throw error })
  }
}
