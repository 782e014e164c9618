import { isBusy, toStoreError } from './failure.ts'

const LONGEST_WAIT = 40

/**
 * Tries until no other process is in the way, at most for `patience` ms, then `store_busy`. The
 * event loop goes on meanwhile. Waits are jittered, so that processes do not keep meeting.
 */
export async function patiently<T>(attempt: () => T, patience: number): Promise<T> {
  const deadline = performance.now() + patience
  for (let tries = 0; ; tries += 1) {
    try {
      return attempt()
    } catch (error) {
      if (!isBusy(error) || performance.now() >= deadline) throw toStoreError(error)
    }
    await pause(tries)
  }
}

/** A jittered wait that grows with the number of tries so far. */
export function pause(tries: number): Promise<void> {
  const wait = Math.min(2 ** tries, LONGEST_WAIT) * (0.5 + Math.random() / 2)
  return new Promise((resolve) => setTimeout(resolve, wait))
}

/** Lets the event loop go round once. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

/** Work in one turn of the event loop that need not wait for the next, in ms. */
const TURN = 4

/**
 * Reads answer without the event loop going round, so somebody who reads in a loop would keep
 * everybody else from it, writers too. What is begun late in a turn therefore waits for another.
 */
export class Turns {
  #since = 0

  async enter(): Promise<void> {
    while (this.#since !== 0 && performance.now() - this.#since > TURN) await nextTurn()
    if (this.#since !== 0) return
    this.#since = performance.now()
    setImmediate(() => { this.#since = 0 })
  }
}
