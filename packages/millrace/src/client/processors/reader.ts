/** A source as it is read here: its failure waits, so that what was held back can be given out first. */
export class Reader<T> {
  readonly #iterator: AsyncIterator<T>
  #isDone = false
  #finish: () => null = () => null

  constructor(source: AsyncIterable<T>) {
    this.#iterator = source[Symbol.asyncIterator]()
  }

  /** Whether nothing more comes. */
  get isDone(): boolean {
    return this.#isDone
  }

  async read(): Promise<IteratorResult<T>> {
    try {
      const step = await this.#iterator.next()
      this.#isDone = step.done === true
      return step
    } catch (error) {
      this.#isDone = true
      this.#finish = () => {
        throw error
      }
      return { done: true, value: undefined }
    }
  }

  /** The very end. @throws whatever the source failed with */
  finish(): null {
    return this.#finish()
  }

  /** Closes the source. */
  leave(): unknown {
    return this.#iterator.return?.()
  }
}
