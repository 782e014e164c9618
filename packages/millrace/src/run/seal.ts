import type { Batch } from '../event/batch.ts'
import { linesOf, type Line } from '../event/lines.ts'
import { foldOutline, packOutline, type Outline } from '../event/outline.ts'
import type { Entry } from '../event/run-event.ts'
import { JoinedLines, lineEnd } from './joined-lines.ts'

const decoder = new TextDecoder()

const SEGMENT_SIZE = 64 * 1024

/**
 * Packs consecutive batches into few segments, joining adjacent deltas of one block. Pure: the same
 * batches give the same segments. Batches of different epochs are never joined into one segment.
 * @param outline before the first entry; folded on in place
 */
export function pack(batches: readonly Batch[], outline: Outline): Batch[] {
  const segments = new Segments(outline)
  for (const batch of batches) {
    if (batch.parts === null) packPlain(batch, segments)
    else for (const line of linesOf(batch)) packLine(line, segments.at(line.first, batch.epoch))
  }
  return segments.close()
}

function packLine({ bytes, first, offset, lengths }: Line, segment: Segment): void {
  if (lengths === null && segment.join(bytes, 0, offset) !== null) return
  segment.add(bytes, first, offset, lengths)
}

/** Every entry of a paced log is packed here once: most take one look at each of their bytes. */
function packPlain({ first, epoch, bytes }: Batch, segments: Segments): void {
  let offset = first
  for (let at = 0; at < bytes.length; offset += 1) {
    const segment = segments.at(offset, epoch)
    const next = segment.join(bytes, at, offset)
    if (next !== null) {
      at = next
      continue
    }
    const stop = lineEnd(bytes, at)
    segment.add(bytes.subarray(at, stop), offset, offset, null)
    at = stop + 1
  }
}

class Segments {
  readonly #outline: Outline
  readonly #closed: Batch[] = []
  #open: Segment | null = null

  constructor(outline: Outline) {
    this.#outline = outline
  }

  /** The segment for an entry. */
  at(offset: number, epoch: string): Segment {
    if (this.#open && !this.#open.full && this.#open.epoch === epoch) return this.#open
    this.close()
    this.#open = new Segment(offset, epoch, this.#outline)
    return this.#open
  }

  close(): Batch[] {
    if (this.#open) this.#closed.push(this.#open.close())
    this.#open = null
    return this.#closed
  }
}

class Segment {
  readonly epoch: string
  readonly #first: number
  readonly #head: string
  readonly #outline: Outline
  readonly #lines = new JoinedLines()
  #last = 0
  /** As packed (deltas: their text), so that packing again finds the same borders. */
  #size = 0

  /** @param outline before the first entry; folded on in place */
  constructor(first: number, epoch: string, outline: Outline) {
    this.#first = first
    this.epoch = epoch
    this.#head = packOutline(outline)
    this.#outline = outline
  }

  get full(): boolean {
    return this.#size >= SEGMENT_SIZE
  }

  /** @see JoinedLines.join */
  join(lines: Uint8Array, at: number, offset: number): number | null {
    const next = this.#lines.join(lines, at)
    if (next !== null) this.#note(offset, this.#lines.newest)
    return next
  }

  /** @param lengths of the texts that were joined into the line before */
  add(line: Uint8Array, first: number, offset: number, lengths: readonly number[] | null): void {
    const isDelta = this.#lines.add(line, first, lengths)
    if (!isDelta) foldOutline(this.#outline, { ...(JSON.parse(decoder.decode(line)) as Entry), offset })
    this.#note(offset, isDelta ? this.#lines.newest : line.length)
  }

  close(): Batch {
    return { first: this.#first, last: this.#last, epoch: this.epoch, ...this.#lines.close(), head: this.#head }
  }

  #note(offset: number, size: number): void {
    this.#last = offset
    this.#outline.offset = offset
    this.#size += size
  }
}
