/** A few things that many want, each by one at a time. First come, first served. */
export class Places<Thing> {
  readonly #free: Thing[]
  readonly #waiting = new Set<(thing: Thing) => void>()

  constructor(things: readonly Thing[]) {
    this.#free = [...things]
  }

  /** Waits in line. @throws whatever `signal` was aborted with */
  async take(signal: AbortSignal): Promise<Thing> {
    signal.throwIfAborted()
    const free = this.#free.shift()
    if (free !== undefined) return free
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        this.#waiting.delete(given)
        reject(signal.reason as Error)
      }
      const given = (thing: Thing): void => {
        signal.removeEventListener('abort', leave)
        resolve(thing)
      }
      this.#waiting.add(given)
      signal.addEventListener('abort', leave, { once: true })
    })
  }

  give(thing: Thing): void {
    const [next] = this.#waiting
    if (next === undefined) {
      this.#free.push(thing)
      return
    }
    this.#waiting.delete(next)
    next(thing)
  }
}
