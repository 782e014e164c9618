import type { AnyRunDefinition } from './define.ts'

/** Gives a place at work back, and says whether somebody may have waited for it. */
export type LeaveWork = () => boolean

/** How many runs of each kind this process works on, and how many it may. */
export class Capacity {
  readonly #runs: Readonly<Record<string, AnyRunDefinition>>
  readonly #working = new Map<string, number>()

  constructor(runs: Readonly<Record<string, AnyRunDefinition>>) {
    this.#runs = runs
  }

  /** `null` where there is no room. */
  enter(kind: string): LeaveWork | null {
    return this.#of(kind) < this.#limit(kind) ? this.enterAnyway(kind) : null
  }

  enterAnyway(kind: string): LeaveWork {
    this.#working.set(kind, this.#of(kind) + 1)
    return () => {
      this.#working.set(kind, this.#of(kind) - 1)
      const limit = this.#limit(kind)
      return limit !== Infinity && this.#of(kind) < limit
    }
  }

  #of(kind: string): number {
    return this.#working.get(kind) ?? 0
  }

  #limit(kind: string): number {
    const definition = Object.hasOwn(this.#runs, kind) ? this.#runs[kind] : undefined
    return definition?.run === 'elsewhere' ? 0 : (definition?.concurrency ?? Infinity)
  }
}
