import type { Batch } from '../../event/batch.ts'
import { encodeParts, entriesOf } from '../../event/lines.ts'
import { joined, encode } from './fixtures.ts'

/**
 * Packs consecutive batches of one epoch into one segment, as small as can be: all adjacent deltas
 * joined. The suite's own, so that it tests stores and not the library's packing.
 */
export function packed(batches: readonly Batch[]): Batch {
  const [first, last] = [batches[0], batches.at(-1)]
  if (!first || !last) throw new RangeError('There is nothing to pack.')
  const entries = batches.flatMap((batch) => [...entriesOf(batch, batch.first - 1)])
  const texts = new Map(entries.map((entry) => [entry.offset, entry.type === 'delta' ? entry.text.length : 0]))
  const lines = joined(entries).map(({ offset, first: from = offset, ...event }) => {
    const lengths = Array.from({ length: offset - from + 1 }, (_, i) => texts.get(from + i) ?? 0)
    return { json: JSON.stringify(event), lengths: lengths.length === 1 ? null : lengths }
  })
  return {
    first: first.first,
    last: last.last,
    epoch: first.epoch,
    bytes: encode(lines.map(({ json }) => json).join('\n')),
    parts: encodeParts(lines.map(({ lengths }) => lengths)),
    head: JSON.stringify({ before: first.first }),
  }
}
