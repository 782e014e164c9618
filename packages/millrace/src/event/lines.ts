import type { Batch } from './batch.ts'
import type { DeltaEvent, Entry } from './run-event.ts'

const LF = 0x0a
const decoder = new TextDecoder()

/** One line of a batch: one entry, or several that were joined. */
export interface Line {
  readonly first: number
  readonly offset: number
  /** The entry's JSON: a view into the batch, not a copy. */
  readonly bytes: Uint8Array
  /** UTF-16 lengths of the texts that were joined here, or `null` for a plain entry. */
  readonly lengths: readonly number[] | null
}

/** The lines of a batch, in order. A batch of one entry, which is what a paced run writes, is its own line. */
export function linesOf(batch: Batch): Iterable<Line> {
  const { first, last, bytes, parts } = batch
  return first === last && parts === null ? [{ first, offset: first, bytes, lengths: null }] : scannedLinesOf(batch)
}

function* scannedLinesOf(batch: Batch): Generator<Line> {
  const { bytes } = batch
  const parts = batch.parts === null ? null : new PartsReader(batch.parts)
  let first = batch.first
  for (let start = 0; start < bytes.length; ) {
    let stop = bytes.indexOf(LF, start)
    if (stop === -1) stop = bytes.length
    const line = parts?.next(first, bytes.subarray(start, stop)) ?? { first, offset: first, bytes: bytes.subarray(start, stop), lengths: null }
    yield line
    first = line.offset + 1
    start = stop + 1
  }
}

/** The entries of a batch that follow offset `after`; a joined one is cut where `after` lies inside it. */
export function* entriesOf(batch: Batch, after: number): Generator<Entry> {
  for (const line of linesOf(batch)) {
    if (line.offset > after) yield entryOf(line, after)
  }
}

/** A line as an entry, cut to what follows `after`, and to what stands at or before `to`. */
export function entryOf(line: Line, after: number, to: number = Infinity): Entry {
  const parsed = JSON.parse(decoder.decode(line.bytes)) as Entry<DeltaEvent>
  if (line.first === line.offset) return { ...parsed, offset: line.offset }
  // It says itself where it begins, which is another place once it is cut.
  const { first: _whole, ...event } = parsed
  const first = Math.max(line.first, after + 1)
  const offset = Math.min(line.offset, to)
  const text = event.text.slice(lengthBefore(line, first), offset === line.offset ? undefined : lengthBefore(line, offset + 1))
  return first === offset ? { ...event, text, offset } : { ...event, text, offset, first }
}

/** UTF-16 units of a joined line's text that stand before the entry at `offset`. */
function lengthBefore(line: Line, offset: number): number {
  return offset === line.first ? 0 : (line.lengths ?? []).slice(0, offset - line.first).reduce((sum, length) => sum + length, 0)
}

/** The type of an encoded entry, read without parsing: every entry's JSON begins `{"type":"`. */
export function typeOf(line: Uint8Array): string {
  const start = TYPE_HEAD.length
  return decoder.decode(line.subarray(start, line.indexOf(QUOTE, start)))
}
const TYPE_HEAD = '{"type":"'
const QUOTE = 0x22

/** Writes the table that is kept beside lines of which some were joined (see `Batch.parts`). */
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
  // Not `from`, which asks the array for each of them.
  return new Uint8Array(out)
}

/** A joined line. How long each text is is read when somebody begins inside it: most need only how many there are. */
class JoinedLine implements Line {
  readonly first: number
  readonly offset: number
  readonly bytes: Uint8Array
  readonly #parts: PartsReader

  /** @param parts at the first of `count` lengths */
  constructor(first: number, count: number, bytes: Uint8Array, parts: PartsReader) {
    this.first = first
    this.offset = first + count - 1
    this.bytes = bytes
    this.#parts = parts
  }

  get lengths(): number[] {
    const parts = this.#parts.copy()
    const lengths: number[] = []
    for (let offset = this.first; offset <= this.offset; offset += 1) lengths.push(parts.varint())
    return lengths
  }
}

class PartsReader {
  readonly #bytes: Uint8Array
  #at: number

  constructor(bytes: Uint8Array, at = 0) {
    this.#bytes = bytes
    this.#at = at
  }

  copy(): PartsReader {
    return new PartsReader(this.#bytes, this.#at)
  }

  /** The next line where it is a joined one. */
  next(first: number, bytes: Uint8Array): Line | null {
    const count = this.varint()
    if (count === 1) return null
    const line = new JoinedLine(first, count, bytes, this.copy())
    this.#skip(count)
    return line
  }

  varint(): number {
    let value = 0
    for (let scale = 1; ; scale *= 128) {
      const byte = this.#bytes[this.#at++] ?? 0
      value += (byte & 0x7f) * scale
      if (byte < 0x80) return value
    }
  }

  #skip(count: number): void {
    for (let left = count; left > 0; this.#at += 1) if ((this.#bytes[this.#at] ?? 0) < 0x80) left -= 1
  }
}
