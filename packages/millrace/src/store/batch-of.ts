import type { Batch } from '../event/batch.ts'
import { epochOf } from '../event/cursor.ts'
import type { Write } from './store.ts'

/** What a write says, as the batch a reader will be handed. */
export function batchOf(nonce: string, { after, count, bytes, parts = null }: Pick<Write, 'after' | 'bytes' | 'count' | 'parts'>): Batch {
  return { first: after + 1, last: after + count, epoch: epochOf(nonce), bytes, parts, head: null }
}
