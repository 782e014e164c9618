import type { Batch } from '../event/batch.ts'
import { encodeParts, linesOf, typeOf, type Line } from '../event/lines.ts'
import { foldOutline, packOutline, type Outline } from '../event/outline.ts'
import type { DeltaEvent, Entry } from '../event/run-event.ts'

const encoder = new TextEncoder()
const decoder = new TextDecoder()

const SEGMENT_SIZE = 64 * 1024
/** The longest joined text, in UTF-16 units: one frame to a late reader, so it stays modest. */
const JOINED_LENGTH = 32 * 1024

/** A line of a segment to be. */
interface Packed {
  readonly json: string
  readonly lengths: readonly number[] | null
}

/**
 * Packs consecutive batches into few segments, joining adjacent deltas of one block. Pure: the same
 * batches give the same segments. Batches of different epochs are never joined into one segment.
 * @param outline before the first entry; folded on in place
 */
export function pack(batches: readonly Batch[], outline: Outline): Batch[] {
  const segments: Batch[] = []
  let segment: Segment | null = null
  for (const batch of batches) {
    for (const line of linesOf(batch)) {
      if (segment?.full === true || segment?.epoch !== batch.epoch) {
        if (segment) segments.push(segment.close())
        segment = new Segment(line.first, batch.epoch, packOutline(outline))
      }
      segment.add(line, outline)
    }
  }
  if (segment) segments.push(segment.close())
  return segments
}

class Segment {
  readonly epoch: string
  readonly #first: number
  readonly #head: string
  readonly #lines: Packed[] = []
  #last = 0
  #size = 0
  #run: DeltaRun | null = null

  constructor(first: number, epoch: string, head: string) {
    this.#first = first
    this.epoch = epoch
    this.#head = head
  }

  get full(): boolean {
    return this.#size >= SEGMENT_SIZE
  }

  add(line: Line, outline: Outline): void {
    this.#last = line.offset
    const json = decoder.decode(line.bytes)
    if (typeOf(line.bytes) !== 'delta') {
      this.#endRun()
      this.#lines.push({ json, lengths: line.lengths })
      this.#size += line.bytes.length
      foldOutline(outline, { ...(JSON.parse(json) as Entry), offset: line.offset })
      return
    }
    outline.offset = line.offset
    const delta = JSON.parse(json) as DeltaEvent
    if (this.#run?.takes(delta) !== true) {
      this.#endRun()
      this.#run = new DeltaRun(delta, line.first)
    }
    this.#run.add(delta, line.lengths)
    // Counted as packed, so that packing again finds the same borders.
    this.#size += delta.text.length
  }

  close(): Batch {
    this.#endRun()
    return {
      first: this.#first,
      last: this.#last,
      epoch: this.epoch,
      bytes: encoder.encode(this.#lines.map((line) => line.json).join('\n')),
      parts: encodeParts(this.#lines.map((line) => line.lengths)),
      head: this.#head,
    }
  }

  #endRun(): void {
    if (this.#run) this.#lines.push(this.#run.close())
    this.#run = null
  }
}

/** Adjacent deltas of one block. */
class DeltaRun {
  readonly #delta: DeltaEvent
  readonly #first: number
  readonly #texts: string[] = []
  readonly #lengths: number[] = []
  #length = 0

  constructor(delta: DeltaEvent, first: number) {
    this.#delta = delta
    this.#first = first
  }

  takes(delta: DeltaEvent): boolean {
    return delta.block === this.#delta.block && this.#length + delta.text.length <= JOINED_LENGTH
  }

  add(delta: DeltaEvent, lengths: readonly number[] | null): void {
    this.#texts.push(delta.text)
    this.#lengths.push(...(lengths ?? [delta.text.length]))
    this.#length += delta.text.length
  }

  close(): Packed {
    const { block, kind, nth } = this.#delta
    const text = this.#texts.join('')
    const joined = this.#lengths.length > 1
    const json = JSON.stringify({ type: 'delta', block, kind, nth, text, ...(joined ? { first: this.#first } : {}) })
    return { json, lengths: joined ? this.#lengths : null }
  }
}
