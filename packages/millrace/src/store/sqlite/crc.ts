import { crc32 } from 'node:zlib'
import type { Batch } from '../../event/batch.ts'

/** The checksum a batch is stored with: over what it says and where it belongs. */
export function crcOfBatch(run: number, batch: Batch): number {
  const { first, last, epoch, parts, head, bytes } = batch
  const place = crc32(`${String(run)} ${String(first)} ${String(last)} ${epoch}`)
  const rows = crc32(bytes, place)
  // Rows of a paced run have neither: one call into native code less on the hot path.
  if (parts === null && head === null) return rows
  return crc32(head ?? '', crc32(parts ?? '', crc32(`${String(parts?.length)} ${String(head?.length)}`, rows)))
}

/** The checksum of a text that belongs to a run: its state, its input, … */
export function crcOfText(run: number, name: string, at: number, text: string): number {
  return crc32(text, crc32(`${String(run)} ${name} ${String(at)} `))
}
