const encoder = new TextEncoder()
/** Bytes not worth a copy. */
const SPARE = 1024

const CRLF = Uint8Array.of(0x0d, 0x0a)
/** Room for a chunk's size: eight hexadecimal digits and CRLF. */
const HEAD = 8 + CRLF.length

/**
 * What a sink is given: bytes that many readers share, with HTTP/1.1's chunk framing around them in
 * one allocation, so that a socket is written once and nothing is copied for it. Never changed.
 */
export interface Chunk {
  /** What is said. A view: its `buffer` holds more. */
  readonly body: Uint8Array
  /** The same as one chunk of a chunked body; empty where `body` is, since a chunk of size 0 would end it. */
  readonly framed: Uint8Array
}

/** Ready bytes as a chunk, by one copy: for what is made once, not for a hot path. */
export function chunkOf(bytes: Uint8Array): Chunk {
  const out = new ByteWriter(bytes.length)
  out.raw(bytes)
  return out.take()
}

/** Bytes put one after another into a buffer that doubles: frames are written once, in place. */
export class ByteWriter {
  #buffer: Uint8Array
  #length = HEAD

  constructor(size = 1024) {
    this.#buffer = new Uint8Array(HEAD + size + CRLF.length)
  }

  get length(): number {
    return this.#length - HEAD
  }

  /** Text known to be ASCII: cheaper than an encoder for the few characters around a line. */
  ascii(text: string): void {
    this.#reserve(text.length)
    this.#put(text, this.#length)
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
  take(): Chunk {
    const { length } = this
    if (length === 0) return NOTHING
    this.raw(CRLF)
    const size = `${length.toString(16)}\r\n`
    this.#put(size, HEAD - size.length)
    const spare = this.#buffer.length - this.#length
    const isWaste = spare > SPARE && spare > this.#length / 4
    const framed = isWaste ? this.#buffer.slice(HEAD - size.length, this.#length) : this.#buffer.subarray(HEAD - size.length, this.#length)
    return { body: framed.subarray(size.length, size.length + length), framed }
  }

  #put(ascii: string, at: number): void {
    for (let index = 0; index < ascii.length; index += 1) this.#buffer[at + index] = ascii.charCodeAt(index)
  }

  #reserve(more: number): void {
    if (this.#length + more <= this.#buffer.length) return
    const grown = new Uint8Array(Math.max(this.#buffer.length * 2, this.#length + more))
    grown.set(this.#buffer.subarray(0, this.#length))
    this.#buffer = grown
  }
}

const EMPTY = new Uint8Array(0)
const NOTHING: Chunk = { body: EMPTY, framed: EMPTY }
