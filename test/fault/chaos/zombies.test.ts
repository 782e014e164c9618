import { describe, expect, test } from 'vitest'
import { engine } from '../../support/engines.ts'
import { memoryHarness } from '../../support/memory-harness.ts'
import { ENGINE_SORTS } from './engine/engines.ts'
import { zombieAppends } from './zombies.ts'

const COUNT = 1_000

async function expectNone(harness: Parameters<typeof zombieAppends>[0]): Promise<void> {
  const { tried, accepted, codes } = await zombieAppends(harness, COUNT)
  expect(accepted).toEqual([])
  expect(tried).toBe(COUNT)
  // Fenced while the run lives; whoever comes when it has ended is told that.
  expect([...codes.keys()].sort()).toEqual(['ended', 'fenced'])
}

describe(`of ${String(COUNT)} zombie appends none is accepted`, () => {
  test('in memory', () => expectNone(memoryHarness()))

  for (const { scheme, program, start, harness } of ENGINE_SORTS) {
    test(`by ${scheme}`, { timeout: 120_000 }, async (context) => {
      if (program !== null) engine(program, context)
      const over = await start(scheme)
      try {
        await expectNone(harness(over))
      } finally {
        await over.close()
      }
    })
  }
})
