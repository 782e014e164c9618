import { describe, test } from 'vitest'
import { memory } from './memory.ts'
import { conformanceCases } from './testing/cases.ts'
import type { StoreHarness } from './testing/harness.ts'

const harness: StoreHarness = {
  clock: 'set',
  open() {
    let now = 1_700_000_000_000
    const store = memory({ clock: () => now })
    return Promise.resolve({
      store,
      second: () => Promise.resolve(store),
      restart: () => Promise.resolve(null),
      advance(ms) {
        now += ms
        return Promise.resolve()
      },
      close: () => store.close(),
    })
  },
}

describe('the memory store', () => {
  for (const each of conformanceCases) test(each.name, () => each.run(harness))
})
