import { Beat } from './beat.ts'

/** What a view does while somebody listens to it. */
export interface Life {
  begin(): void
  leave(): void
}

/**
 * What a view shows, and who is told when it changes: at most once a frame. The view lives while somebody
 * listens; whoever leaves and comes back in the same turn of the event loop (React's StrictMode does) ends nothing.
 */
export class Shown<Value> {
  readonly #look: () => Value
  readonly #life: Life
  readonly #listeners = new Set<() => void>()
  readonly #beat: Beat = new Beat(() => this.#tell())
  readonly #first: Value
  #value: Value
  #isAlive = false

  /** @param look makes the value; called once a frame at most */
  constructor(look: () => Value, life: Life) {
    this.#look = look
    this.#life = life
    this.#first = this.#value = look()
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    // Whoever subscribes twice is told twice, and leaves twice.
    const told = (): void => listener()
    this.#listeners.add(told)
    if (!this.#isAlive) {
      this.#isAlive = true
      this.#life.begin()
    }
    return () => {
      this.#listeners.delete(told)
      queueMicrotask(() => this.#leave())
    }
  }

  readonly get = (): Value => this.#value

  /** As it was made: what servers render, and what a page must begin with to agree with them. */
  readonly getFirst = (): Value => this.#first

  /** Who listens is told with the next frame. */
  changed(): void {
    if (this.#isAlive) this.#beat.ask()
    else this.#value = this.#look()
  }

  /** Who listens is told at once: nothing follows for which it could wait, or a person did it. */
  flush(): void {
    this.#beat.now()
  }

  #leave(): void {
    if (this.#listeners.size > 0 || !this.#isAlive) return
    this.#isAlive = false
    this.#life.leave()
    this.#beat.stop()
    this.#value = this.#look()
  }

  #tell(): void {
    this.#value = this.#look()
    for (const told of this.#listeners) told()
  }
}
