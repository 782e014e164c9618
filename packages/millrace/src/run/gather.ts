import type { Batch } from '../event/batch.ts'

const LF = 0x0a
/** A batch that is written as it stands costs less than joining it would save. */
const GATHERED_SIZE = 16 * 1024

/**
 * What readers make of a batch is kept as long as the batch is. A store may hand out the very rows
 * it holds for days; ours live as long as the window.
 */
export function ownOf({ first, last, epoch, bytes, parts, head }: Batch): Batch {
  return { first, last, epoch, bytes, parts, head }
}

/**
 * Rows that follow one another under one epoch, as few batches: of a paced run every token is a row
 * of its own, and a late reader would be written to once for each.
 * @param border no batch reaches over this offset, because what is kept in memory begins with it
 */
export function gathered(rows: readonly Batch[], border: number): Batch[] {
  const out: Batch[] = []
  let group: Batch[] = []
  let size = 0
  for (const row of rows) {
    const [first] = group
    if (first && (row.first === border || !alike(first, row) || size + row.bytes.length > GATHERED_SIZE)) {
      out.push(joined(group, size))
      group = []
      size = 0
    }
    group.push(row)
    size += row.bytes.length + 1
  }
  if (group.length > 0) out.push(joined(group, size))
  return out
}

function alike(a: Batch, b: Batch): boolean {
  // A segment is as large as it should be.
  return a.epoch === b.epoch && a.head === null && b.head === null
}

/** @param size of the rows, each with the LF after it */
function joined(rows: readonly Batch[], size: number): Batch {
  const [first, last] = [rows[0], rows.at(-1)]
  if (!first || !last) throw new RangeError('There is nothing to join.')
  if (rows.length === 1) return ownOf(first)
  const bytes = new Uint8Array(size - 1)
  let at = 0
  for (const row of rows) {
    if (at > 0) bytes[at - 1] = LF
    bytes.set(row.bytes, at)
    at += row.bytes.length + 1
  }
  return { ...first, last: last.last, bytes, parts: joinedParts(rows) }
}

/** A row that has none of its own has a line for each entry. */
function joinedParts(rows: readonly Batch[]): Uint8Array | null {
  if (rows.every(({ parts }) => parts === null)) return null
  const all = rows.map(({ first, last, parts }) => parts ?? new Uint8Array(last - first + 1).fill(1))
  const joined = new Uint8Array(all.reduce((size, parts) => size + parts.length, 0))
  let at = 0
  for (const parts of all) {
    joined.set(parts, at)
    at += parts.length
  }
  return joined
}
