import type { Batch } from '../event/batch.ts'
import { encodeParts } from '../event/lines.ts'

const encoder = new TextEncoder()

const NOTHING = new Uint8Array()
const FIRST_SIZE = 1024
const SLAB_SIZE = 16 * 1024
const LF = 0x0a
const QUOTE = 0x22
const BACKSLASH = 0x5c
/** What JSON writes as it stands, in one byte each. */
const PLAIN = Uint8Array.from({ length: 128 }, (_, code) => (code >= 0x20 && code !== QUOTE && code !== BACKSLASH ? 1 : 0))
/** A longer text is left to native code: here each character costs about a nanosecond, there the way in about 200. */
const SHORT = 200

/** What ends a delta's JSON behind its text. */
const CLOSE = encoder.encode('"}')

/** A delta's JSON up to its text, `{"type":"delta",…,"text":"`: one and the same for all that are said of a block. */
export type DeltaHead = Uint8Array

/** So many deltas side by side, or fewer, are lines of their own: joining them would save little, and whoever looks sees what was said. */
export const FEW = 16
/** The longest joined text, in UTF-16 units: one frame to a late reader, so it stays modest. */
export const JOINED_LENGTH: number = 32 * 1024

/** The lines of a write, as {@link Batch} has them. */
type Taken = Pick<Batch, 'bytes' | 'parts'>

/**
 * The JSON lines of one log, encoded as they come and side by side: a write is a view of them, with
 * nothing to join, and what a token leaves to the collector dies young. Few larger arrays: one for
 * each token would cost four times its encoding. Of one log alone, so that what is kept for long
 * keeps nothing of others; each is twice the one before, so that a short log costs little.
 *
 * Deltas of one block that come side by side are one line, as packing would have them: of each only its text is written.
 */
export class LineBuffer {
  #bytes: Uint8Array = NOTHING
  /** Where the lines begin that were not taken yet, and where they end. */
  #start = 0
  #end = 0
  /** Of each line that is closed, where it was joined of several: how long their texts are. */
  #parts: (readonly number[] | null)[] = []
  #isJoined = false
  /** Of the line at the end that still takes deltas; `null`: the last line is closed. */
  #head: DeltaHead | null = null
  #first = 0
  #units = 0
  #lengths: number[] = []
  /** Where the first few of its texts end: they may yet become lines of their own. */
  readonly #ends = new Uint32Array(FEW)

  /** Bytes not taken yet, about. */
  get size(): number {
    return this.#end - this.#start
  }

  add(json: string): void {
    this.#close()
    this.#begin(json.length * 3)
    this.#write(json)
    this.#parts.push(null)
  }

  /** Adds a delta: alone, or to those of the same `head` before it. */
  addDelta(head: DeltaHead, text: string, offset: number): void {
    if (this.#head !== head || this.#units + text.length > JOINED_LENGTH) this.#open(head, offset)
    if (text.length > SHORT || !this.#addPlain(text)) {
      const inner = JSON.stringify(text).slice(1, -1)
      this.#room(inner.length * 3)
      this.#write(inner)
    }
    const count = this.#lengths.push(text.length)
    if (count <= FEW) this.#ends[count - 1] = this.#end - this.#start
    this.#units += text.length
  }

  /** The lines since the last time, joined by LF. They are never written to again. */
  take(): Taken {
    this.#close()
    const bytes = this.#bytes.subarray(this.#start, this.#end)
    const parts = this.#isJoined ? encodeParts(this.#parts) : null
    this.#start = this.#end
    this.#parts.length = 0
    this.#isJoined = false
    return { bytes, parts }
  }

  #open(head: DeltaHead, offset: number): void {
    this.#close()
    this.#begin(head.length)
    this.#bytes.set(head, this.#end)
    this.#end += head.length
    this.#head = head
    this.#first = offset
    this.#units = 0
  }

  #close(): void {
    const head = this.#head
    if (head === null) return
    this.#head = null
    const lengths = this.#lengths
    if (lengths.length > FEW) {
      const tail = `","first":${String(this.#first)}}`
      this.#room(tail.length)
      this.#write(tail)
      this.#parts.push(lengths)
      this.#isJoined = true
      this.#lengths = []
      return
    }
    this.#part(head, lengths.length)
    for (let line = 0; line < lengths.length; line += 1) this.#parts.push(null)
    lengths.length = 0
  }

  /** Makes lines of the texts that stand side by side: the last one moves farthest, so it goes first. */
  #part(head: DeltaHead, count: number): void {
    // What stands between two texts: `"}`, LF and the head of the next one.
    const gap = head.length + CLOSE.length + 1
    this.#room((count - 1) * gap + CLOSE.length)
    const bytes = this.#bytes
    let end = this.#end
    for (let line = count - 1; line > 0; line -= 1) {
      const from = this.#start + (this.#ends[line - 1] ?? 0)
      const to = from + line * gap
      bytes.copyWithin(to, from, end)
      bytes.set(CLOSE, to + end - from)
      bytes[to - head.length - 1] = LF
      bytes.set(head, to - head.length)
      end = from
    }
    bytes.set(CLOSE, end)
    this.#end += (count - 1) * gap + CLOSE.length
  }

  /** False, and nothing is added, where the text has characters that take more than a byte. */
  #addPlain(text: string): boolean {
    this.#room(text.length)
    const bytes = this.#bytes
    let at = this.#end
    for (let index = 0; index < text.length; index += 1) {
      const code = text.charCodeAt(index)
      if (PLAIN[code] !== 1) return false
      bytes[at++] = code
    }
    this.#end = at
    return true
  }

  /** Makes room for a line of `most` bytes and writes what parts it from the one before. */
  #begin(most: number): void {
    this.#room(most + 1)
    if (this.#end > this.#start) this.#bytes[this.#end++] = LF
  }

  /** There is room for it. */
  #write(text: string): void {
    this.#end += encoder.encodeInto(text, this.#bytes.subarray(this.#end)).written
  }

  #room(more: number): void {
    if (this.#end + more > this.#bytes.length) this.#grow(more)
  }

  #grow(more: number): void {
    const larger = new Uint8Array(Math.max(FIRST_SIZE, Math.min(this.#bytes.length * 2, SLAB_SIZE), this.size * 2 + more))
    larger.set(this.#bytes.subarray(this.#start, this.#end))
    this.#end = this.size
    this.#start = 0
    this.#bytes = larger
  }
}
