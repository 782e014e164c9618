import { memory } from '../../packages/millrace/src/store/memory.ts'
import type { Store } from '../../packages/millrace/src/store/store.ts'
import { SHORT } from '../../packages/millrace/src/store/testing/harness.ts'
import type { Bench, StoreHarness } from '../../packages/millrace/src/store/testing/harness.ts'

export interface MemoryHarnessOptions {
  readonly clock?: StoreHarness['clock']
  /** The store under test, made of a memory store: to see what the suite makes of a fault. */
  readonly wrap?: (store: Store) => Store
}

/** The memory store's harness, and the simplest example of one. */
export function memoryHarness({ clock = 'set', wrap = (store) => store }: MemoryHarnessOptions = {}): StoreHarness {
  return { clock, open: () => Promise.resolve(clock === 'set' ? setBench(wrap) : realBench(wrap)) }
}

function setBench(wrap: (store: Store) => Store): Bench {
  let now = 1000 * SHORT
  return benchOf(wrap(memory({ clock: () => now })), (ms) => {
    now += ms
    return Promise.resolve()
  })
}

function realBench(wrap: (store: Store) => Store): Bench {
  const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms + 1))
  return benchOf(wrap(memory()), pause)
}

function benchOf(store: Store, advance: Bench['advance']): Bench {
  return {
    store,
    second: () => Promise.resolve(store),
    restart: () => Promise.resolve(null),
    advance,
    close: () => store.close(),
  }
}
