/** Cleared in one transaction: some milliseconds' worth. */
export const RUNS_AT_ONCE = 32
export const ROWS_AT_ONCE = 512
/** Not looked for again until so many ms have passed. */
const INTERVAL = 1_000

/** Whoever writes clears away what has run out, slice by slice and beside its own work. */
export class Clearing {
  /** Answers whether there may be more. */
  readonly #clearSlice: () => Promise<boolean>
  #next = 0
  #clearing: Promise<void> | null = null

  constructor(clearSlice: () => Promise<boolean>) {
    this.#clearSlice = clearSlice
  }

  /** @param isDue something has certainly run out */
  look(isDue: boolean): void {
    if (!isDue && performance.now() < this.#next) return
    this.#clearing ??= this.#clear()
  }

  async settled(): Promise<void> {
    await this.#clearing
  }

  async #clear(): Promise<void> {
    try {
      while (await this.#clearSlice());
    } catch {
      // It stays where it is, and the next writer looks again.
    }
    this.#next = performance.now() + INTERVAL
    this.#clearing = null
  }
}
