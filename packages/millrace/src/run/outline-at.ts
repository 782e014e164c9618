import type { Batch } from '../event/batch.ts'
import { MillraceError } from '../event/error.ts'
import { entriesOf } from '../event/lines.ts'
import { createOutline, foldOutline, unpackOutline, type Outline } from '../event/outline.ts'
import type { RunId, Store } from '../store/store.ts'

const READ_SIZE = 256 * 1024

/** The outline after `offset`, folded from the nearest sealed head, or else from the log's start. */
export async function outlineAt(store: Store, run: RunId, offset: number): Promise<Outline> {
  if (offset === 0) return createOutline()
  let outline = createOutline()
  const { batches } = await store.read(run, offset - 1, 1)
  const head = batches[0]?.head
  if (head) outline = unpackOutline(head)
  while (outline.offset < offset) {
    const before = outline.offset
    for (const batch of (await store.read(run, before, READ_SIZE)).batches) foldBatch(outline, batch, offset)
    if (outline.offset === before) throw new MillraceError('reset', 'The log is shorter than it was.')
  }
  return outline
}

function foldBatch(outline: Outline, batch: Batch, to: number): void {
  for (const entry of entriesOf(batch, outline.offset)) {
    if ((entry.first ?? entry.offset) > to) return
    foldOutline(outline, entry)
    // Inside a joined entry: only deltas are joined, and a delta changes nothing but the offset.
    outline.offset = Math.min(entry.offset, to)
  }
}
