import type { Batch } from '../event/batch.ts'
import { encodeParts, linesOf } from '../event/lines.ts'
import { foldOutline, packOutline, type Outline } from '../event/outline.ts'
import type { DeltaEvent, Entry } from '../event/run-event.ts'

const encoder = new TextEncoder()
const decoder = new TextDecoder()

const SEGMENT_SIZE = 64 * 1024
/** The longest joined text, in UTF-16 units: one frame to a late reader, so it stays modest. */
const JOINED_LENGTH = 32 * 1024

/** A line to be packed: nearly every entry of every log is one once, so no object is made for its bytes. */
interface PlainLine {
  readonly json: string
  readonly first: number
  readonly offset: number
  readonly lengths: readonly number[] | null
}

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
    for (const line of plainLinesOf(batch)) {
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

/** A batch is decoded whole: a call into native code a line would cost more than all the rest. */
function plainLinesOf(batch: Batch): PlainLine[] {
  if (batch.parts === null) {
    return decoder.decode(batch.bytes).split('\n').map((json, index) => {
      const offset = batch.first + index
      return { json, first: offset, offset, lengths: null }
    })
  }
  return [...linesOf(batch)].map(({ bytes, first, offset, lengths }) => ({ json: decoder.decode(bytes), first, offset, lengths }))
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

  add(line: PlainLine, outline: Outline): void {
    this.#last = line.offset
    const length = this.#run?.take(line) ?? this.#begin(line)
    // Counted as packed (deltas: their text), so that packing again finds the same borders.
    if (length !== null) {
      outline.offset = line.offset
      this.#size += length
      return
    }
    this.#endRun()
    this.#lines.push(line)
    this.#size += encoder.encode(line.json).length
    foldOutline(outline, { ...(JSON.parse(line.json) as Entry), offset: line.offset })
  }

  /** @returns the length of a delta's text; `null` where the line is none */
  #begin({ json, first, lengths }: PlainLine): number | null {
    if (!json.startsWith(DELTA_HEAD)) return null
    const delta = JSON.parse(json) as DeltaEvent
    if (this.#run?.isOf(delta) !== true || !this.#run.hasRoom(delta.text)) {
      this.#endRun()
      this.#run = new DeltaRun(delta, first)
    }
    this.#run.add(delta.text, lengths)
    return delta.text.length
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

const DELTA_HEAD = '{"type":"delta"'
const DELTA_END = '"}'

/** Adjacent deltas of one block. */
class DeltaRun {
  readonly #block: number
  readonly #first: number
  /** The JSON of a delta of this block up to its text. */
  readonly #head: string
  readonly #lengths: number[] = []
  #text = ''

  constructor({ type, block, kind, nth }: DeltaEvent, first: number) {
    this.#block = block
    this.#first = first
    this.#head = `${JSON.stringify({ type, block, kind, nth }).slice(0, -1)},"text":"`
  }

  /**
   * Adds a line without parsing it: that would cost more than all the rest.
   * @returns the length of its text; `null` where it is not taken, or takes parsing to tell
   */
  take({ json, lengths }: PlainLine): number | null {
    const start = this.#head.length
    const stop = json.length - DELTA_END.length
    // The next quote ends the text and the line, and nothing before it stands for something else.
    if (json.indexOf('"', start) !== stop || json.includes('\\', start) || !json.startsWith(this.#head)) return null
    const text = json.slice(start, stop)
    if (!this.hasRoom(text)) return null
    this.add(text, lengths)
    return text.length
  }

  isOf(delta: DeltaEvent): boolean {
    return delta.block === this.#block
  }

  hasRoom(text: string): boolean {
    return this.#text.length + text.length <= JOINED_LENGTH
  }

  add(text: string, lengths: readonly number[] | null): void {
    this.#text += text
    if (lengths === null) this.#lengths.push(text.length)
    else for (const length of lengths) this.#lengths.push(length)
  }

  close(): Packed {
    const joined = this.#lengths.length > 1
    const first = joined ? `,"first":${String(this.#first)}` : ''
    return {
      json: `${this.#head.slice(0, -1)}${JSON.stringify(this.#text)}${first}}`,
      lengths: joined ? this.#lengths : null,
    }
  }
}
