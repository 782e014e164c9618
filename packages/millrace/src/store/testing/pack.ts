import type { Batch } from '../../event/batch.ts'
import { encodeParts, entryOf, linesOf } from '../../event/lines.ts'
import type { Entry } from '../../event/run-event.ts'
import { batchOf } from '../batch-of.ts'
import type { Write } from '../store.ts'
import { encode, newNonce } from './fixtures.ts'

interface Packed {
  readonly event: Entry
  /** Of each text that was joined here; `null` for what is no delta. */
  readonly lengths: readonly number[] | null
}

/**
 * Packs consecutive batches of one epoch into one segment, as small as can be: all adjacent deltas
 * joined. The suite's own, so that it tests stores and not the library's packing.
 */
export function packed(batches: readonly Batch[]): Batch {
  const [first, last] = [batches[0], batches.at(-1)]
  if (!first || !last) throw new RangeError('There is nothing to pack.')
  const lines = joinedLines(batches)
  return {
    first: first.first,
    last: last.last,
    epoch: first.epoch,
    bytes: encode(lines.map(jsonOf).join('\n')),
    parts: encodeParts(lines.map(({ lengths }) => (lengths && lengths.length > 1 ? lengths : null))),
    head: JSON.stringify({ before: first.first }),
  }
}

/** The same write with its adjacent deltas as one line, as whoever says much at once writes them. */
export function joinedWrite(write: Write): Write {
  const { bytes, parts } = packed([batchOf(newNonce(), write)])
  return { ...write, bytes, parts }
}

/** What a write says as lines of an entry each. */
export function linesSaid(write: Write): string[] {
  const lines = [...linesOf(batchOf(newNonce(), write))]
  return lines.flatMap((line) => Array.from({ length: line.offset - line.first + 1 }, (_, i) => {
    const { offset: _offset, ...event } = entryOf(line, line.first + i - 1, line.first + i)
    return JSON.stringify(event)
  }))
}

function jsonOf({ event: { offset, first: _first, ...event }, lengths }: Packed): string {
  return JSON.stringify(lengths && lengths.length > 1 ? { ...event, first: offset - lengths.length + 1 } : event)
}

function joinedLines(batches: readonly Batch[]): Packed[] {
  const out: Packed[] = []
  for (const line of batches.flatMap((batch) => [...linesOf(batch)])) {
    const event = entryOf(line, line.first - 1)
    const lengths = event.type === 'delta' ? (line.lengths ?? [event.text.length]) : null
    const before = out.at(-1)
    if (event.type === 'delta' && lengths && before?.event.type === 'delta' && before.lengths) {
      out.pop()
      out.push({ event: { ...event, text: before.event.text + event.text }, lengths: [...before.lengths, ...lengths] })
    } else out.push({ event, lengths })
  }
  return out
}
