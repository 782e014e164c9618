import { Reader } from './reader.ts'

/** So many values are read ahead at most: a source that never waits would keep the page from painting. */
const FULL = 4096

/** Reads a source ahead, but only while somebody waits for what comes of it. */
export class Gather<T> {
  readonly reader: Reader<T>
  #values: T[] = []
  #step: Promise<boolean> | null = null

  constructor(source: AsyncIterable<T>) {
    this.reader = new Reader(source)
  }

  /** Waits for a value, or for the end. */
  async one(): Promise<void> {
    while (this.#values.length === 0 && !this.reader.isDone) await this.#read()
  }

  /** Reads until `stop`, or to the end. */
  async until(stop: Promise<void>): Promise<void> {
    const stopped = stop.then(() => true)
    while (!this.reader.isDone) {
      const isFull = this.#values.length >= FULL
      if (await (isFull ? stopped : Promise.race([stopped, this.#read()]))) return
    }
  }

  take(): T[] {
    const values = this.#values
    this.#values = []
    return values
  }

  /** The one read under way. */
  #read(): Promise<boolean> {
    return (this.#step ??= this.#readOne())
  }

  async #readOne(): Promise<false> {
    const step = await this.reader.read()
    if (!step.done) this.#values.push(step.value)
    this.#step = null
    return false
  }
}
