import type { Store } from '../store.ts'

/** How the suite gets at a backing. */
export interface StoreHarness {
  /** Whether the store's clock stands still between calls of `advance` or goes by itself. */
  readonly clock: 'set' | 'real'
  /** An empty data set of its own. */
  open(): Promise<Bench>
}

/** One data set and the handles on it. */
export interface Bench {
  /** The first handle. */
  readonly store: Store
  /** Another handle on the same data, as another process has one; the same store where there can be only one. */
  second(): Promise<Store>
  /** Drops every handle as a crash would and opens the data again; `null` where nothing survives. */
  restart(): Promise<Store | null>
  /** Lets the store's clock go on by at least `ms`. */
  advance(ms: number): Promise<void>
  /** Lets go of everything. */
  close(): Promise<void>
}

/**
 * A time that is waited out: with a clock that goes by itself, really. So no case relies on doing
 * anything within it.
 */
export const SHORT = 40
/** A time no case waits out. */
export const LONG = 3_600_000

/** One thing every store must do. Runs under any test runner: it rejects when the store fails. */
export interface ConformanceCase {
  readonly name: string
  run(harness: StoreHarness): Promise<void>
}

export function casesOf(topic: string, bodies: Readonly<Record<string, (bench: Bench) => Promise<void>>>): ConformanceCase[] {
  return Object.entries(bodies).map(([name, body]) => ({
    name: `${topic}: ${name}`,
    async run(harness: StoreHarness): Promise<void> {
      const bench = await harness.open()
      try {
        await body(bench)
      } finally {
        await bench.close()
      }
    },
  }))
}
