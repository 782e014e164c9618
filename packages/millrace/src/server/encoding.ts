import type { Batch } from '../event/batch.ts'
import { formatCursor } from '../event/cursor.ts'
import type { Keeping } from '../event/kept.ts'
import { entryOf, linesOf, type Line } from '../event/lines.ts'
import { copyOutline, foldOutline, type Outline } from '../event/outline.ts'
import type { Dialect, DialectFrame } from '../dialect/dialect.ts'
import { ByteWriter, chunkOf, type Chunk } from '../format/bytes.ts'
import type { Format } from '../format/format.ts'

/** What a batch became. */
export interface Encoded {
  readonly chunk: Chunk
  /** After the batch; `null` where the encoding does not fold. Shared, and never changed. */
  readonly outline: Outline | null
}

/**
 * What a reader asked for: what is said, and how it is framed. There is one for each dialect and
 * format, and its readers share the very same bytes.
 */
export class Encoding {
  readonly dialect: Dialect
  readonly format: Format
  readonly mediaType: string
  readonly heartbeat: Chunk | null
  /** What follows the run's end, in formats whose streams have an end of their own. */
  readonly tail: Chunk | null
  /** What whole batches became: shared by all who read them, gone with the batch. */
  readonly #encoded = new WeakMap<Batch, Encoded>()

  constructor(dialect: Dialect, format: Format) {
    this.dialect = dialect
    this.format = format
    this.mediaType = format.mediaType
    this.heartbeat = this.#heartbeat()
    this.tail = this.#tail()
  }

  /** The texts of the past that its outlines keep. */
  get keeping(): Keeping | null {
    return this.dialect.keeping ?? null
  }

  /** Whether a reader can tell by the frames how the run ended; else the body's end is all it can judge by (P10). */
  get tellsEnd(): boolean {
    return this.format.cursors || this.dialect.page !== undefined
  }

  /** Whether the dialect needs the past: then `encode` wants the outline. */
  get folds(): boolean {
    return this.dialect.step !== null
  }

  /**
   * The frames of a batch's entries after `after`, less the first `skip` frames of the first of them.
   * A whole batch is encoded once, and the very same bytes go to every reader.
   * @param outline at `after`, where the encoding folds; it stays as it is
   */
  encode(batch: Batch, after: number, skip: number, outline: Outline | null): Encoded {
    if (after >= batch.first || skip > 0) return this.#encode(batch, after, skip, outline)
    const known = this.#encoded.get(batch)
    if (known) return known
    const encoded = this.#encode(batch, after, skip, outline)
    this.#encoded.set(batch, encoded)
    return encoded
  }

  /**
   * The same for the live readers of a channel, who are handed it at once: it is not kept. To keep every
   * batch of a thousand runs for one reader each that has it already costs a tenth of a token's way.
   */
  encodeLive(batch: Batch, after: number, outline: Outline | null): Encoded {
    return this.#encode(batch, after, 0, outline, true)
  }

  #encode(batch: Batch, after: number, skip: number, before: Outline | null, passing = false): Encoded {
    const outline = before && copyOutline(before)
    const out = writerFor(batch, passing)
    for (const line of linesOf(batch)) {
      if (line.offset <= after) continue
      if (outline === null) this.#identity(out, batch.epoch, line, after)
      else this.#step(out, batch.epoch, line, after, line.first <= after + 1 ? skip : 0, outline)
    }
    return { chunk: out.take(), outline }
  }

  /** What a reader that joins at `outline` is told of the past: frames without a place in the log. */
  join(outline: Outline): Chunk {
    const out = new ByteWriter(512)
    for (const frame of this.dialect.join?.(outline) ?? []) this.format.frame(out, { cursor: null, ...frame })
    return out.take()
  }

  /** A frame without a place in the log. */
  note(frame: DialectFrame): Chunk {
    const out = new ByteWriter(128)
    this.format.frame(out, { cursor: null, ...frame })
    return out.take()
  }

  #heartbeat(): Chunk | null {
    if (this.format.heartbeat === null) return null
    return this.dialect.heartbeat === null ? chunkOf(this.format.heartbeat) : this.note(this.dialect.heartbeat)
  }

  #tail(): Chunk | null {
    const { around, name } = this.format
    if (around) return chunkOf(around.tail)
    return this.dialect.done !== undefined && name === 'sse' ? this.note({ event: null, data: this.dialect.done }) : null
  }

  #identity(out: ByteWriter, epoch: string, line: Line, after: number): void {
    const cursor = formatCursor({ epoch, offset: line.offset, frame: 0, version: 0 })
    this.format.frame(out, { cursor, event: null, data: line.first > after ? line.bytes : cut(line, after) })
  }

  #step(out: ByteWriter, epoch: string, line: Line, after: number, skip: number, outline: Outline): void {
    const entry = entryOf(line, after)
    const frames = this.dialect.step?.(outline, entry) ?? []
    const { version } = this.dialect
    frames.forEach((frame, index) => {
      if (index < skip) return
      const last = index === frames.length - 1
      const place = last ? { offset: line.offset, frame: 0, version: 0 } : { offset: line.offset - 1, frame: index + 1, version }
      this.format.frame(out, { cursor: formatCursor({ epoch, ...place }), ...frame })
    })
    foldOutline(outline, entry)
  }
}

/** About what a frame adds to its entry's bytes, and for how many frames room is made at first: few where entries were joined. */
const FRAME_SIZE = 40
const MOST_FRAMES = 1_024
const FEW_FRAMES = 16

function writerFor({ first, last, bytes, parts }: Batch, passing: boolean): ByteWriter {
  return new ByteWriter(bytes.length + FRAME_SIZE * Math.min(last - first + 1, parts === null ? MOST_FRAMES : FEW_FRAMES), passing)
}

/** A joined line's JSON, less what lies at or before `after`. */
function cut(line: Line, after: number): string {
  const { offset: _offset, ...event } = entryOf(line, after)
  return JSON.stringify(event)
}
