import type { DeltaEvent } from '../event/run-event.ts'
import { JOINED_LENGTH } from './line-buffer.ts'
import { PLAIN, type PackedBytes } from './packed-bytes.ts'

const LF = 0x0a
const QUOTE = 0x22
const BACKSLASH = 0x5c
const SMALL_U = 0x75
const CLOSE = 0x7d

const encoder = new TextEncoder()

/**
 * Adjacent deltas of one block, becoming one line. What stands between the quotes of several JSON
 * strings is, one after another, what stands between those of their whole: it is copied as it is.
 */
export class DeltaRun {
  readonly #block: number
  readonly #first: number
  readonly #to: PackedBytes
  /** The JSON of a delta of this block up to its text. */
  readonly #head: Uint8Array
  readonly #lengths: number[] = []
  #length = 0
  #newest = 0

  /** @param to where a line is begun for it */
  constructor({ type, block, kind, nth }: DeltaEvent, first: number, to: PackedBytes) {
    this.#block = block
    this.#first = first
    this.#to = to
    this.#head = encoder.encode(`${JSON.stringify({ type, block, kind, nth }).slice(0, -1)},"text":"`)
    to.begin()
    to.copy(this.#head, 0, this.#head.length)
  }

  /** UTF-16 units of the text that was added last. */
  get newest(): number {
    return this.#newest
  }

  takes({ block, text }: DeltaEvent): boolean {
    return block === this.#block && this.#hasRoom(text.length)
  }

  /**
   * Adds a whole line of several that stand side by side.
   * @param at where the line begins
   * @returns where the next one begins; `null` where this is no delta of the same block, or there is no room for it
   */
  join(lines: Uint8Array, at: number): number | null {
    if (!this.#beginsAt(lines, at)) return null
    const start = at + this.#head.length
    const plain = this.#to.copyPlain(lines, start)
    const stop = lines[plain] === QUOTE ? this.#note(plain, plain - start) : this.#textEnd(lines, start)
    // Something stands behind the text (a line that was joined before), or the line is cut.
    if (lines[stop + 1] !== CLOSE || (stop + 2 < lines.length && lines[stop + 2] !== LF) || !this.#hasRoom(this.#newest)) {
      this.#to.drop(plain - start)
      return null
    }
    if (stop > plain) this.#to.copy(lines, plain, stop)
    this.#lengths.push(this.#newest)
    this.#length += this.#newest
    return stop + 3
  }

  /**
   * Adds a delta that was parsed.
   * @param lengths of the texts that were joined into it before
   */
  add(line: Uint8Array, text: string, lengths: readonly number[] | null): void {
    const start = this.#head.length
    // As it stands also here, so that packing what is packed changes nothing.
    if (this.#beginsAt(line, 0)) this.#to.copy(line, start, this.#textEnd(line, start))
    else this.#to.text(JSON.stringify(text).slice(1, -1))
    for (const length of lengths ?? [text.length]) this.#lengths.push(length)
    this.#length += text.length
    this.#newest = text.length
  }

  /** Ends the line. @returns the lengths of the texts in it; `null` where it is one entry's */
  close(): readonly number[] | null {
    const isJoined = this.#lengths.length > 1
    this.#to.text(isJoined ? `","first":${String(this.#first)}}` : '"}')
    return isJoined ? this.#lengths : null
  }

  #hasRoom(length: number): boolean {
    return this.#length + length <= JOINED_LENGTH
  }

  #beginsAt(bytes: Uint8Array, at: number): boolean {
    const head = this.#head
    // From its end: what differs between blocks stands there.
    for (let index = head.length - 1; index >= 0; index -= 1) if (bytes[at + index] !== head[index]) return false
    return true
  }

  /** Where the JSON string that begins at `start` has its closing quote; counts its UTF-16 units into `#newest`. */
  #textEnd(bytes: Uint8Array, start: number): number {
    let at = start
    // Most texts are nothing else: half the work.
    while (PLAIN[bytes[at] ?? QUOTE] === 1) at += 1
    let units = at - start
    for (let byte = bytes[at]; byte !== QUOTE && byte !== undefined; byte = bytes[at]) {
      if (byte === BACKSLASH) at += bytes[at + 1] === SMALL_U ? 6 : 2
      else at += 1
      // What continues a character is no unit, and one of four bytes is two.
      if (byte < 0x80 || byte >= 0xc0) units += byte >= 0xf0 ? 2 : 1
    }
    return this.#note(at, units)
  }

  #note(end: number, units: number): number {
    this.#newest = units
    return end
  }
}
