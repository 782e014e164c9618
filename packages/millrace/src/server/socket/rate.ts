const BURST = 500
const PER_SECOND = 100

/** How often one peer may say something: more at once than afterwards, for those who come back with all they follow. */
export class MessageRate {
  #left = BURST
  #since: number

  /** @param now in ms, from anywhere, never set back */
  constructor(now: number) {
    this.#since = now
  }

  /** Whether one more is fine. */
  allows(now: number): boolean {
    this.#left = Math.min(BURST, this.#left + ((now - this.#since) / 1000) * PER_SECOND)
    this.#since = now
    if (this.#left < 1) return false
    this.#left -= 1
    return true
  }
}
