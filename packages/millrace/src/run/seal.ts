import type { Batch } from '../event/batch.ts'
import { encodeParts, linesOf } from '../event/lines.ts'
import { foldOutline, packOutline, type Outline } from '../event/outline.ts'
import type { DeltaEvent, Entry } from '../event/run-event.ts'
import { DeltaRun } from './delta-run.ts'
import { PackedBytes } from './packed-bytes.ts'

const decoder = new TextDecoder()

const SEGMENT_SIZE = 64 * 1024
const DELTA_HEAD = '{"type":"delta"'
const LF = 0x0a

/**
 * Packs consecutive batches into few segments, joining adjacent deltas of one block. Pure: the same
 * batches give the same segments. Batches of different epochs are never joined into one segment.
 * @param outline before the first entry; folded on in place
 */
export function pack(batches: readonly Batch[], outline: Outline): Batch[] {
  const segments = new Segments(outline)
  for (const batch of batches) {
    if (batch.parts === null) packPlain(batch, segments)
    else for (const { bytes, first, offset, lengths } of linesOf(batch)) segments.at(first, batch.epoch).add(bytes, first, offset, lengths)
  }
  return segments.close()
}

/** Nearly every entry of every log is packed here once: most take one look at each of their bytes. */
function packPlain({ first, epoch, bytes }: Batch, segments: Segments): void {
  let offset = first
  for (let at = 0; at < bytes.length; offset += 1) {
    const segment = segments.at(offset, epoch)
    const next = segment.join(bytes, at, offset)
    if (next !== null) {
      at = next
      continue
    }
    const end = bytes.indexOf(LF, at)
    const stop = end === -1 ? bytes.length : end
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
  readonly #bytes = new PackedBytes()
  /** Of each line, where it was joined of several: how long their texts are. */
  readonly #parts: (readonly number[] | null)[] = []
  #last = 0
  /** As packed (deltas: their text), so that packing again finds the same borders. */
  #size = 0
  #run: DeltaRun | null = null

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

  /**
   * Joins the line at `at` to the delta before it, without parsing it: that would cost more than all the rest.
   * @returns where the next line begins; `null` where it is not joined, or takes parsing to tell
   */
  join(bytes: Uint8Array, at: number, offset: number): number | null {
    const next = this.#run?.join(bytes, at) ?? null
    if (next !== null) this.#note(offset, this.#run?.newest ?? 0)
    return next
  }

  /** @param lengths of the texts that were joined into the line before */
  add(line: Uint8Array, first: number, offset: number, lengths: readonly number[] | null): void {
    const json = decoder.decode(line)
    if (json.startsWith(DELTA_HEAD)) {
      const delta = JSON.parse(json) as DeltaEvent
      if (this.#run?.takes(delta) !== true) {
        this.#endRun()
        this.#run = new DeltaRun(delta, first, this.#bytes)
      }
      this.#run.add(line, delta.text, lengths)
      this.#note(offset, delta.text.length)
      return
    }
    this.#endRun()
    this.#bytes.line(line)
    this.#parts.push(null)
    foldOutline(this.#outline, { ...(JSON.parse(json) as Entry), offset })
    this.#note(offset, line.length)
  }

  close(): Batch {
    this.#endRun()
    return {
      first: this.#first, last: this.#last, epoch: this.epoch, bytes: this.#bytes.take(), parts: encodeParts(this.#parts), head: this.#head,
    }
  }

  #note(offset: number, size: number): void {
    this.#last = offset
    this.#outline.offset = offset
    this.#size += size
  }

  #endRun(): void {
    if (this.#run) this.#parts.push(this.#run.close())
    this.#run = null
  }
}
