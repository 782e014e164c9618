import type { Batch } from '../../event/batch.ts'
import type { OnWake, RunId } from '../store.ts'
import { Watchers } from '../watchers.ts'

/** How often other processes' commits are looked for: one cheap question for all watchers together. */
const POLL_INTERVAL = 25

/** Watchers of a file that other processes write to as well. The timer exists only while somebody watches. */
export class FileWatchers {
  readonly #watchers = new Watchers()
  readonly #poll: () => void
  #timer: NodeJS.Timeout | undefined

  /** @param poll looks whether another process has committed. */
  constructor(poll: () => void) {
    this.#poll = poll
  }

  add(run: RunId, onWake: OnWake): () => void {
    const remove = this.#watchers.add(run, onWake)
    this.#timer ??= setInterval(this.#poll, POLL_INTERVAL).unref()
    return () => {
      remove()
      if (this.#watchers.isEmpty) this.#stop()
    }
  }

  wake(run: RunId, batch: Batch | null): void {
    this.#watchers.wake(run, batch)
  }

  wakeWhere(isMeant: (run: RunId) => boolean): void {
    for (const run of this.#watchers.runs()) {
      if (isMeant(run)) this.wake(run, null)
    }
  }

  clear(): void {
    this.#watchers.clear()
    this.#stop()
  }

  #stop(): void {
    clearInterval(this.#timer)
    this.#timer = undefined
  }
}
