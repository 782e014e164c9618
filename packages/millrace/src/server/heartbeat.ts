/** Who wants to be told when nothing was sent for a while. */
export interface Beating {
  /** The wheel's `now` when something was last sent. */
  lastSent: number
  beat(): void
}

const TICK = 1_000

/** One timer for all streams of a process: a wheel with one slot a tick. */
export class HeartbeatWheel {
  readonly #slots: Set<Beating>[]
  #now = 0
  #count = 0
  #timer: ReturnType<typeof setInterval> | null = null

  /** @param interval silence after which to beat, in ms */
  constructor(interval: number) {
    this.#slots = Array.from({ length: Math.max(1, Math.round(interval / TICK)) }, () => new Set<Beating>())
  }

  /** Silence after which to beat, in ms. */
  get interval(): number {
    return this.#slots.length * TICK
  }

  /** In ticks. */
  get now(): number {
    return this.#now
  }

  /** How long ago a tick was, in ms: to a second, and without asking a clock. */
  since(tick: number): number {
    return (this.#now - tick) * TICK
  }

  add(beating: Beating): void {
    beating.lastSent = this.#now
    this.#slot(this.#now).add(beating)
    this.#count += 1
    this.#timer ??= setInterval(() => this.#turn(), TICK)
  }

  remove(beating: Beating): void {
    if (!this.#slots.some((slot) => slot.delete(beating))) return
    this.#count -= 1
    if (this.#count === 0 && this.#timer) {
      clearInterval(this.#timer)
      this.#timer = null
    }
  }

  #slot(tick: number): Set<Beating> {
    return this.#slots[tick % this.#slots.length] ?? new Set()
  }

  /** Looks only at those whose turn it is: who sent something since comes back at its own time. */
  #turn(): void {
    this.#now += 1
    const slot = this.#slot(this.#now)
    for (const beating of [...slot]) {
      if (this.#now - beating.lastSent >= this.#slots.length) {
        beating.lastSent = this.#now
        beating.beat()
      }
      // Gone from its slot: it was removed by a beat, its own or another's.
      if (slot.delete(beating)) this.#slot(beating.lastSent).add(beating)
    }
  }
}
