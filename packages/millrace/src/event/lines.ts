import type { Batch } from './batch.ts'
import type { DeltaEvent, Entry } from './run-event.ts'

const LF = 0x0a
const decoder = new TextDecoder()

/** One line of a batch: one entry, or several that sealing joined. */
export interface Line {
  readonly first: number
  readonly offset: number
  /** The entry's JSON: a view into the batch, not a copy. */
  readonly bytes: Uint8Array
  /** UTF-16 lengths of the texts that were joined here, or `null` for a plain entry. */
  readonly lengths: readonly number[] | null
}

/** The lines of a batch, in order. */
export function* linesOf(batch: Batch): Generator<Line> {
  const { bytes } = batch
  const parts = batch.parts === null ? null : new PartsReader(batch.parts)
  let first = batch.first
  for (let start = 0; start < bytes.length; ) {
    let stop = bytes.indexOf(LF, start)
    if (stop === -1) stop = bytes.length
    const lengths = parts?.next() ?? null
    const offset = first + (lengths?.length ?? 1) - 1
    yield { first, offset, bytes: bytes.subarray(start, stop), lengths }
    first = offset + 1
    start = stop + 1
  }
}

/** The entries of a batch that follow offset `after`; a joined one is cut where `after` lies inside it. */
export function* entriesOf(batch: Batch, after: number): Generator<Entry> {
  for (const line of linesOf(batch)) {
    if (line.offset > after) yield entryOf(line, after)
  }
}

/** A line as an entry, cut to what follows `after`. */
export function entryOf(line: Line, after: number): Entry {
  const parsed = JSON.parse(decoder.decode(line.bytes)) as Entry<DeltaEvent>
  if (line.lengths === null) return { ...parsed, offset: line.offset }
  // It says itself where it begins, which is another place once it is cut.
  const { first: _whole, ...event } = parsed
  const skipped = line.first <= after ? after - line.first + 1 : 0
  const cut = line.lengths.slice(0, skipped).reduce((sum, length) => sum + length, 0)
  const first = line.first + skipped
  const joined = { ...event, text: event.text.slice(cut), offset: line.offset }
  return first === line.offset ? joined : { ...joined, first }
}

/** The type of an encoded entry, read without parsing: every entry's JSON begins `{"type":"`. */
export function typeOf(line: Uint8Array): string {
  const start = TYPE_HEAD.length
  return decoder.decode(line.subarray(start, line.indexOf(QUOTE, start)))
}
const TYPE_HEAD = '{"type":"'
const QUOTE = 0x22

/** Writes the table a sealed segment keeps beside its lines (see `Batch.parts`). */
export function encodeParts(lines: readonly (readonly number[] | null)[]): Uint8Array {
  const out: number[] = []
  const varint = (value: number): void => {
    let rest = value
    for (; rest > 0x7f; rest = Math.floor(rest / 128)) out.push((rest & 0x7f) | 0x80)
    out.push(rest)
  }
  for (const lengths of lines) {
    varint(lengths?.length ?? 1)
    if (lengths !== null && lengths.length > 1) lengths.forEach(varint)
  }
  return Uint8Array.from(out)
}

class PartsReader {
  readonly #bytes: Uint8Array
  #at = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  next(): number[] | null {
    const count = this.#varint()
    return count === 1 ? null : Array.from({ length: count }, () => this.#varint())
  }

  #varint(): number {
    let value = 0
    for (let scale = 1; ; scale *= 128) {
      const byte = this.#bytes[this.#at++] ?? 0
      value += (byte & 0x7f) * scale
      if (byte < 0x80) return value
    }
  }
}
