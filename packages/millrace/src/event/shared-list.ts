/**
 * A list that only grows, of which copies cost nothing: each sees its own beginning of what they share. Whoever
 * adds to less than all of it goes on with a list of his own.
 */
export class SharedList<T> {
  readonly length: number
  readonly #items: T[]

  constructor(items: T[] = [], length: number = items.length) {
    this.#items = items
    this.length = length
  }

  with(item: T): SharedList<T> {
    const items = this.#items.length === this.length ? this.#items : this.toArray()
    items.push(item)
    return new SharedList(items)
  }

  toArray(): T[] {
    return this.#items.slice(0, this.length)
  }
}
