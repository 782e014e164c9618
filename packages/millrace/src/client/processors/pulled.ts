const DONE = { done: true, value: undefined } as const

/**
 * What `pull` brings, one by one; `null` ends it. Nothing is pulled before it is asked for. Written by
 * hand, because a generator's `return()` waits for a pending `next()`, which may wait for ever.
 */
export class Pulled<T> implements AsyncIterableIterator<T, undefined> {
  readonly #pull: () => Promise<readonly T[] | null>
  readonly #leave: () => unknown
  #values: readonly T[] = []
  #given = 0
  #turn: Promise<IteratorResult<T, undefined>> = Promise.resolve(DONE)
  #isOver = false

  /** @param leave called when the reader left before the end */
  constructor(pull: () => Promise<readonly T[] | null>, leave: () => unknown) {
    this.#pull = pull
    this.#leave = leave
  }

  next(): Promise<IteratorResult<T, undefined>> {
    const read = (): Promise<IteratorResult<T, undefined>> => this.#read()
    return (this.#turn = this.#turn.then(read, read))
  }

  async return(): Promise<IteratorResult<T, undefined>> {
    if (!this.#isOver) {
      this.#isOver = true
      this.#values = []
      this.#given = 0
      await this.#leave()
    }
    return DONE
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  async #read(): Promise<IteratorResult<T, undefined>> {
    while (this.#given === this.#values.length) {
      const values = this.#isOver ? null : await this.#pullOrEnd()
      // The reader may have left meanwhile.
      if (values === null || this.#isOver) {
        this.#isOver = true
        return DONE
      }
      this.#values = values
      this.#given = 0
    }
    return { done: false, value: this.#values[this.#given++] as T }
  }

  async #pullOrEnd(): Promise<readonly T[] | null> {
    try {
      return await this.#pull()
    } catch (error) {
      this.#isOver = true
      throw error
    }
  }
}
