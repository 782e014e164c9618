import { entriesOf } from '../event/lines.ts'
import type { Outline } from '../event/outline.ts'
import type { Entry, Json } from '../event/run-event.ts'
import type { Loaded, RunRecord, Store } from '../store/store.ts'
import type { Resumed } from './define.ts'
import { snapshotOf } from './sealer.ts'

const READ_SIZE = 256 * 1024

/** What the log says of the work a predecessor did. The log stands still: its new writer is the caller. */
export function createResumed(store: Store, record: RunRecord, loaded: Loaded, outline: Outline): Resumed {
  const { checkpoint } = loaded
  return {
    checkpoint: checkpoint && { data: JSON.parse(checkpoint.data) as Json, offset: checkpoint.offset },
    outline,
    text: async () => (await snapshotOf(store, record.id)).text,
    entries: () => entriesBetween(store, record, checkpoint?.offset ?? 0),
  }
}

async function* entriesBetween(store: Store, record: RunRecord, after: number): AsyncGenerator<Entry, void, undefined> {
  for (let at = after; at < record.tail; ) {
    const { batches } = await store.read(record.id, at, READ_SIZE)
    for (const batch of batches) {
      for (const entry of entriesOf(batch, at)) {
        if (entry.offset > record.tail) return
        yield entry
        at = entry.offset
      }
    }
  }
}
