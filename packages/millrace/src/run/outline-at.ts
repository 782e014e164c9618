import type { Batch } from '../event/batch.ts'
import type { Outline } from '../event/outline.ts'
import type { Page, RunId, Store } from '../store/store.ts'
import { Outlines } from './outlines.ts'

const READ_SIZE = 256 * 1024

/** The outline after `offset`, folded for one caller from the nearest sealed head, or else from the log's start. */
export function outlineAt(store: Store, run: RunId, offset: number): Promise<Outline> {
  const outlines = new Outlines({
    after: async (after) => (await store.read(run, after, READ_SIZE)).batches,
    segmentAt: (at) => segmentAt((after) => store.read(run, after, 1), at),
  })
  return outlines.at(offset)
}

/** The sealed segment that holds the entry at `offset`, or the last one before it: at most two reads. */
export async function segmentAt(read: (after: number) => Promise<Page>, offset: number): Promise<Batch | null> {
  const { batches: [batch], record: { sealedTo } } = await read(offset - 1)
  if (batch === undefined || batch.head !== null) return batch ?? null
  if (sealedTo === 0) return null
  return (await read(sealedTo - 1)).batches[0] ?? null
}
