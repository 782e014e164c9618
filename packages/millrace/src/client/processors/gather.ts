/** So many values are read ahead at most: a source that never waits would keep the page from painting. */
const FULL = 4096

/** Reads a source ahead, but only while somebody waits for what comes of it. */
export class Gather<T> {
  readonly #reader: AsyncIterator<T>
  #values: T[] = []
  #step: Promise<void> | null = null
  #isDone = false
  #finish: () => null = () => null

  constructor(source: AsyncIterable<T>) {
    this.#reader = source[Symbol.asyncIterator]()
  }

  /** Whether nothing more comes. */
  get isDone(): boolean {
    return this.#isDone
  }

  /** Waits for a value, or for the end. */
  async one(): Promise<void> {
    while (this.#values.length === 0 && !this.#isDone) await this.#read()
  }

  /** Reads until `stop`, or to the end. */
  async until(stop: Promise<void>): Promise<void> {
    const stopped = stop.then(() => true)
    while (!this.#isDone) {
      const isFull = this.#values.length >= FULL
      if (await (isFull ? stopped : Promise.race([stopped, this.#read().then(() => false)]))) return
    }
  }

  take(): T[] {
    const values = this.#values
    this.#values = []
    return values
  }

  /** After the end. @throws whatever the source failed with */
  finish(): null {
    return this.#finish()
  }

  leave(): unknown {
    return this.#reader.return?.()
  }

  /** The one read under way. */
  #read(): Promise<void> {
    return (this.#step ??= this.#readOne())
  }

  async #readOne(): Promise<void> {
    try {
      const step = await this.#reader.next()
      if (step.done) this.#isDone = true
      else this.#values.push(step.value)
    } catch (error) {
      this.#isDone = true
      this.#finish = () => {
        throw error
      }
    }
    this.#step = null
  }
}
