/** Collects what arrives between two frames and hands it on once per frame, so that drawing never falls behind. */
export class FrameQueue<T> {
  readonly #draw: (items: readonly T[]) => void
  #items: T[] = []
  #frame = 0

  constructor(draw: (items: readonly T[]) => void) {
    this.#draw = draw
  }

  push(items: readonly T[]): void {
    this.#items.push(...items)
    // A hidden page has no frames: what arrives then waits here until it is shown again.
    this.#frame ||= requestAnimationFrame(() => {
      this.flush()
    })
  }

  flush(): void {
    const items = this.#items
    this.clear()
    if (items.length > 0) this.#draw(items)
  }

  clear(): void {
    cancelAnimationFrame(this.#frame)
    this.#frame = 0
    this.#items = []
  }
}
