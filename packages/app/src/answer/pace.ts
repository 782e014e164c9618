import { setImmediate, setTimeout } from 'node:timers/promises'

/**
 * Waits so that pieces come at a steady rate: a demonstration of a model's speed, not a model. The
 * moments are counted from the first one, so that late timers do not add up.
 */
export class Pace {
  readonly #perSecond: number
  readonly #began = performance.now()
  #pieces = 0

  /** @param perSecond 0: as fast as possible, giving way to other work now and then. */
  constructor(perSecond: number) {
    this.#perSecond = perSecond
  }

  /** @returns false as soon as `signal` says stop. */
  async next(signal: AbortSignal): Promise<boolean> {
    this.#pieces += 1
    try {
      if (this.#perSecond > 0) {
        const due = this.#began + (1000 * this.#pieces) / this.#perSecond
        await setTimeout(Math.max(0, due - performance.now()), undefined, { signal })
      } else if (this.#pieces % 64 === 0) {
        await setImmediate(undefined, { signal })
      }
    } catch {
      return false
    }
    return !signal.aborted
  }
}
