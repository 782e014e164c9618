/**
 * The server's clock, as far as it can be told from here. A server says the time only of what it took in:
 * every message whose time is known says between which two of our own moments its clock stood there. All
 * processes so agree within the time of a round trip, whatever their own clocks say, and a clock that
 * is set while we run is noticed.
 */
export class Clock {
  readonly #ticks: () => number
  #ahead: number | null = null
  #checkedAt = -Infinity

  /** @param ticks ms that only ever go on, from anywhere */
  constructor(ticks: () => number = () => performance.now()) {
    this.#ticks = ticks
  }

  /** In ms since the epoch. */
  now(): number {
    return Math.floor(this.#ticks() + (this.#ahead ?? 0))
  }

  /** @param age in ms, since the clock was last looked at in earnest */
  isOlderThan(age: number): boolean {
    return this.#ticks() - this.#checkedAt > age
  }

  /** The server took a message in at `time`, cut to ms, between two moments of `performance.now()`. */
  learn(time: number, sent: number, received: number): void {
    const [least, most] = [time - received, time + 1 - sent]
    this.#ahead = this.#ahead === null ? (least + most) / 2 : Math.min(Math.max(this.#ahead, least), most)
    this.#checkedAt = received
  }

  /** The server's clock has come to `time` by now. */
  heard(time: number): void {
    if (this.#ahead !== null) this.#ahead = Math.max(this.#ahead, time - this.#ticks())
  }
}
