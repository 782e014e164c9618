import type * as FastCheck from 'fast-check'
import { MillraceError } from '../../event/error.ts'
import type { StoreHarness } from './harness.ts'
import { History } from './history.ts'
import { historiesOf } from './operations.ts'

export interface HistoriesOptions {
  /** How many histories. */
  readonly runs: number
  /** To see a failure again: it prints its own. */
  readonly seed?: number
  /** With `seed`: straight to the shrunk history. */
  readonly path?: string
}

/**
 * Plays random histories of calls, races, lost answers, crashes and passing time on a store and on
 * a model of it. Rejects with the shortest history it finds on which the two differ.
 *
 * @returns how often each answer was seen, so that a test can demand that it did something.
 * @throws MillraceError `missing_package` without `fast-check`.
 */
export async function runHistories(harness: StoreHarness, options: HistoriesOptions): Promise<ReadonlyMap<string, number>> {
  const fc = await fastCheck()
  const { runs, ...replay } = options
  const seen = new Map<string, number>()
  const count = (what: string): void => {
    seen.set(what, (seen.get(what) ?? 0) + 1)
  }
  const property = fc.asyncProperty(historiesOf(fc), (operations) => History.play(harness, operations, count))
  await fc.assert(property, { numRuns: runs, ...replay })
  return seen
}

async function fastCheck(): Promise<typeof FastCheck> {
  try {
    return await import('fast-check')
  } catch (cause) {
    throw new MillraceError('missing_package', 'Histories need fast-check: npm install --save-dev fast-check', { cause })
  }
}
