import { MillraceError } from '../event/error.ts'
import { entriesOf } from '../event/lines.ts'
import type { Outline } from '../event/outline.ts'
import type { Entry, Json } from '../event/run-event.ts'
import { SnapshotFold } from '../event/snapshot.ts'
import type { Loaded, Page, RunRecord } from '../store/store.ts'
import type { Resumed } from './define.ts'

/** Reads the run's log after an offset. */
export type ReadAfter = (after: number) => Promise<Page>

/** What the log says of the work predecessors did: up to where its new writer, the caller, goes on. */
export function createResumed(record: RunRecord, { checkpoint }: Loaded, outline: Outline, read: ReadAfter): Resumed {
  return {
    checkpoint: checkpoint && { data: JSON.parse(checkpoint.data) as Json, offset: checkpoint.offset },
    outline,
    text: () => textOf(entriesBetween(0, record.tail, read)),
    entries: () => entriesBetween(checkpoint?.offset ?? 0, record.tail, read),
  }
}

async function textOf(entries: AsyncIterable<Entry>): Promise<string> {
  const fold = new SnapshotFold()
  for await (const entry of entries) fold.add(entry)
  return fold.value().text
}

/** The entries after one offset, up to and with another. @throws MillraceError `reset` */
export async function* entriesBetween(after: number, tail: number, read: ReadAfter): AsyncGenerator<Entry, void, undefined> {
  for (let at = after; at < tail; ) {
    const { batches } = await read(at)
    if (batches.length === 0) throw new MillraceError('reset', 'The log is shorter than it was.')
    for (const batch of batches) {
      for (const entry of entriesOf(batch, at)) {
        if (entry.offset > tail) return
        yield entry
        at = entry.offset
      }
    }
  }
}
