const encoder = new TextEncoder()
/** Bytes not worth a copy. */
const SPARE = 1024

/** Bytes put one after another into a buffer that doubles: frames are written once, in place. */
export class ByteWriter {
  #buffer: Uint8Array
  #length = 0

  constructor(size = 1024) {
    this.#buffer = new Uint8Array(size)
  }

  get length(): number {
    return this.#length
  }

  /** Text known to be ASCII: cheaper than an encoder for the few characters around a line. */
  ascii(text: string): void {
    this.#reserve(text.length)
    for (let index = 0; index < text.length; index += 1) this.#buffer[this.#length + index] = text.charCodeAt(index)
    this.#length += text.length
  }

  text(text: string): void {
    this.#reserve(text.length * 3)
    this.#length += encoder.encodeInto(text, this.#buffer.subarray(this.#length)).written
  }

  raw(bytes: Uint8Array): void {
    this.#reserve(bytes.length)
    this.#buffer.set(bytes, this.#length)
    this.#length += bytes.length
  }

  /** What was written; the writer is used up. A copy where much room is left: these bytes may be kept for long. */
  take(): Uint8Array {
    const spare = this.#buffer.length - this.#length
    return spare > SPARE && spare > this.#length / 4 ? this.#buffer.slice(0, this.#length) : this.#buffer.subarray(0, this.#length)
  }

  #reserve(more: number): void {
    if (this.#length + more <= this.#buffer.length) return
    const grown = new Uint8Array(Math.max(this.#buffer.length * 2, this.#length + more))
    grown.set(this.#buffer.subarray(0, this.#length))
    this.#buffer = grown
  }
}
