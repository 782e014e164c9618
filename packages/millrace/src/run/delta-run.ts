import { JOINED_LENGTH } from './line-buffer.ts'
import { PLAIN, type PackedBytes } from './packed-bytes.ts'

const LF = 0x0a
const QUOTE = 0x22
const BACKSLASH = 0x5c
const SMALL_U = 0x75
const CLOSE = 0x7d
const COMMA = 0x2c

const encoder = new TextEncoder()

const TEXT_KEY = encoder.encode(',"text":"')
/** What stands behind the text of a joined line, up to the closing quote of the key. */
const FIRST_KEY = encoder.encode('","first')

/**
 * Adjacent deltas of one block, becoming one line. What stands between the quotes of several JSON
 * strings is, one after another, what stands between those of their whole: it is copied as it is.
 */
export class DeltaRun {
  readonly #head: Uint8Array
  readonly #first: number
  readonly #to: PackedBytes
  readonly #lengths: number[] = []
  #length = 0
  #newest = 0

  /**
   * @param head the JSON of a delta of this block up to its text
   * @param to where a line is begun for it, with the first that is added
   */
  constructor(head: Uint8Array, first: number, to: PackedBytes) {
    this.#head = head
    this.#first = first
    this.#to = to
  }

  /** UTF-16 units of the text that was added last. */
  get newest(): number {
    return this.#newest
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
    // Something stands behind the text, which another version said, or the line is cut.
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
   * Adds a delta by itself.
   * @param lengths of the texts that were joined into it before
   * @returns false where it is of another block or says more than they do here, or there is no room for it
   */
  add(line: Uint8Array, lengths: readonly number[] | null): boolean {
    if (!this.#beginsAt(line, 0)) return false
    const start = this.#head.length
    const stop = lengths === null ? this.#wholeEnd(line, start) : this.#joinedEnd(line, start, lengths)
    if (stop === null) return false
    if (this.#lengths.length === 0) this.#begin()
    else if (!this.#hasRoom(this.#newest)) return false
    this.#to.copy(line, start, stop)
    if (lengths === null) this.#lengths.push(this.#newest)
    else for (const length of lengths) this.#lengths.push(length)
    this.#length += this.#newest
    return true
  }

  /** Ends the line. @returns the lengths of the texts in it; `null` where it is one entry's */
  close(): readonly number[] | null {
    const isJoined = this.#lengths.length > 1
    this.#to.text(isJoined ? `","first":${String(this.#first)}}` : '"}')
    return isJoined ? this.#lengths : null
  }

  #begin(): void {
    this.#to.begin()
    this.#to.copy(this.#head, 0, this.#head.length)
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

  /** The same; `null` where more stands behind the text than ends a line. */
  #wholeEnd(line: Uint8Array, start: number): number | null {
    const end = this.#textEnd(line, start)
    return end + 2 === line.length ? end : null
  }

  /** The same of a line that was joined, of which nearly nothing need be looked at. */
  #joinedEnd(line: Uint8Array, start: number, lengths: readonly number[]): number | null {
    const end = line.lastIndexOf(QUOTE) - FIRST_KEY.length
    return FIRST_KEY.every((byte, index) => line[end + index] === byte) ? this.#note(end, sum(lengths)) : this.#wholeEnd(line, start)
  }

  #note(end: number, units: number): number {
    this.#newest = units
    return end
  }
}

/** Where the text of a delta begins; 0: it is none as they are written here. Inside a string before it the quotes would stand behind a backslash. */
export function textStart(line: Uint8Array): number {
  for (let at = line.indexOf(COMMA); at !== -1; at = line.indexOf(COMMA, at + 1)) {
    if (TEXT_KEY.every((byte, index) => line[at + index] === byte)) return at + TEXT_KEY.length
  }
  return 0
}

function sum(numbers: readonly number[]): number {
  let total = 0
  for (const number of numbers) total += number
  return total
}
