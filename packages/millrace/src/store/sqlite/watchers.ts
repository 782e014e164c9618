import type { Batch } from '../../event/batch.ts'
import type { OnWake, RunId } from '../store.ts'

/** How often other processes' commits are looked for: one cheap question for all watchers together. */
const POLL_INTERVAL = 25

/** Who wants to hear of which run. The timer exists only while somebody does. */
export class Watchers {
  readonly #byRun = new Map<RunId, Set<OnWake>>()
  readonly #poll: () => void
  #timer: NodeJS.Timeout | undefined

  /** @param poll looks whether another process has committed. */
  constructor(poll: () => void) {
    this.#poll = poll
  }

  add(run: RunId, onWake: OnWake): () => void {
    // Its own function, so that the same callback may watch twice.
    const wake: OnWake = (batch) => { onWake(batch) }
    const known = this.#byRun.get(run)
    if (known) known.add(wake)
    else this.#byRun.set(run, new Set([wake]))
    this.#timer ??= setInterval(this.#poll, POLL_INTERVAL).unref()
    return () => { this.#remove(run, wake) }
  }

  /** Calls them in a microtask of their own: what one of them throws hits nobody else. */
  wake(run: RunId, batch: Batch | null): void {
    for (const onWake of this.#byRun.get(run) ?? []) {
      queueMicrotask(() => {
        if (this.#byRun.get(run)?.has(onWake)) onWake(batch)
      })
    }
  }

  wakeWhere(isMeant: (run: RunId) => boolean): void {
    for (const run of this.#byRun.keys()) {
      if (isMeant(run)) this.wake(run, null)
    }
  }

  clear(): void {
    this.#byRun.clear()
    this.#stop()
  }

  #remove(run: RunId, wake: OnWake): void {
    const known = this.#byRun.get(run)
    known?.delete(wake)
    if (known?.size === 0) this.#byRun.delete(run)
    if (this.#byRun.size === 0) this.#stop()
  }

  #stop(): void {
    clearInterval(this.#timer)
    this.#timer = undefined
  }
}
