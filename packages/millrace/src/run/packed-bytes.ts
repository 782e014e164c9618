const FIRST_SIZE = 64 * 1024
/** A larger buffer is not kept for the next segment. */
const LARGEST_SPARE = 512 * 1024
const LF = 0x0a
const QUOTE = 0x22
const BACKSLASH = 0x5c
/** Fewer are copied one by one: the way into native code costs more. */
const FEW = 48

/** Characters of one byte that stand for themselves in a JSON string. */
export const PLAIN: Uint8Array = Uint8Array.from({ length: 256 }, (_, byte) => (byte < 0x80 && byte !== QUOTE && byte !== BACKSLASH ? 1 : 0))

const encoder = new TextEncoder()

/** One for all segments, which are packed one after another: growing one for each costs as much as what is written into it. */
let spare: Uint8Array | null = null

/** The lines of a segment to be, as they are put together: bytes that grow at their end. */
export class PackedBytes {
  #bytes = spare ?? new Uint8Array(FIRST_SIZE)
  #end = 0

  constructor() {
    spare = null
  }

  /** Begins a line. */
  begin(): void {
    if (this.#end === 0) return
    this.#room(1)
    this.#bytes[this.#end++] = LF
  }

  line(line: Uint8Array): void {
    this.begin()
    this.copy(line, 0, line.length)
  }

  text(text: string): void {
    this.#room(text.length * 3)
    this.#end += encoder.encodeInto(text, this.#bytes.subarray(this.#end)).written
  }

  copy(from: Uint8Array, start: number, stop: number): void {
    const length = stop - start
    this.#room(length)
    if (length > FEW) this.#bytes.set(from.subarray(start, stop), this.#end)
    else for (let index = 0; index < length; index += 1) this.#bytes[this.#end + index] = from[start + index] ?? 0
    this.#end += length
  }

  /**
   * Looks at each character and copies it in one go, as long as they stand for themselves.
   * @returns where they end
   */
  copyPlain(from: Uint8Array, start: number): number {
    this.#room(from.length - start)
    const to = this.#bytes
    let end = this.#end
    let at = start
    for (let byte = from[at] ?? QUOTE; PLAIN[byte] === 1; byte = from[++at] ?? QUOTE) to[end++] = byte
    this.#end = end
    return at
  }

  /** Takes back the last `length` bytes. */
  drop(length: number): void {
    this.#end -= length
  }

  /** All of it, in an array of its own size: stores keep it for long. Nothing is added any more. */
  take(): Uint8Array {
    const taken = this.#bytes.slice(0, this.#end)
    if (this.#bytes.length <= LARGEST_SPARE) spare = this.#bytes
    return taken
  }

  #room(more: number): void {
    if (this.#end + more <= this.#bytes.length) return
    const larger = new Uint8Array(Math.max(this.#bytes.length * 2, this.#end + more))
    larger.set(this.#bytes.subarray(0, this.#end))
    this.#bytes = larger
  }
}
