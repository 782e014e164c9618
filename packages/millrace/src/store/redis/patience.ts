import { codeOf, toStoreError } from './failure.ts'

/** For how long a command waits for its answer, in ms, before it fails with `store_busy`. */
const PATIENCE = 3_000
const LOOK_INTERVAL = 250

interface Waiting {
  readonly since: number
  readonly giveUp: (error: Error) => void
}

/**
 * Clients keep commands for a server that is away, some for ever. Here none waits for long: one timer
 * for all of them, and only while there are any. What becomes of a command given up is not known.
 */
export class Patience {
  readonly #onSilence: () => void
  /** In the order in which they began. */
  readonly #waiting = new Set<Waiting>()
  #timer: ReturnType<typeof setInterval> | null = null
  /** The last thing a client complained of, which says more than that time has passed. */
  #complaint: unknown = undefined
  #heardAt = 0

  /** @param onSilence nothing at all was answered for as long as a command waits: the other end may be gone without a word */
  constructor(onSilence: () => void) {
    this.#onSilence = onSilence
  }

  complain(error: unknown): void {
    this.#complaint = error
    // A wrong password does not become right by waiting.
    if (codeOf(error) !== null) this.#giveUpSince(Infinity)
  }

  within<T>(answer: Promise<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const waiting: Waiting = { since: performance.now(), giveUp: reject }
      this.#waiting.add(waiting)
      this.#timer ??= setInterval(() => this.#look(performance.now() - PATIENCE), LOOK_INTERVAL)
      answer.then(
        (value) => { this.#answered(waiting); resolve(value) },
        (error: unknown) => { this.#answered(waiting); reject(toStoreError(error)) },
      )
    })
  }

  #look(time: number): void {
    const [oldest] = this.#waiting
    const isSilent = oldest !== undefined && oldest.since <= time && this.#heardAt <= oldest.since
    this.#giveUpSince(time)
    if (isSilent) this.#onSilence()
  }

  #giveUpSince(time: number): void {
    for (const waiting of this.#waiting) {
      if (waiting.since > time) break
      waiting.giveUp(toStoreError(this.#complaint))
      this.#forget(waiting)
    }
  }

  #answered(waiting: Waiting): void {
    this.#heardAt = performance.now()
    this.#forget(waiting)
  }

  #forget(waiting: Waiting): void {
    this.#waiting.delete(waiting)
    if (this.#waiting.size > 0 || this.#timer === null) return
    clearInterval(this.#timer)
    this.#timer = null
    this.#complaint = undefined
  }
}
