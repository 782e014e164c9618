/** What a contender that takes an async iterable, or loops over `await write()`, is fed from: one per reader. */
export class Queue {
  #items = []
  #wake = () => {}

  push(item) {
    this.#items.push(item)
    this.#wake()
  }

  async *[Symbol.asyncIterator]() {
    for (;;) {
      const items = this.#items
      this.#items = []
      yield* items
      if (this.#items.length === 0) await new Promise((resolve) => (this.#wake = resolve))
    }
  }
}
