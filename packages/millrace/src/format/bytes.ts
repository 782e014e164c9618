const encoder = new TextEncoder()
/** Bytes not worth a copy. */
const SPARE = 1024

const CRLF = '\r\n'
const HEX = '0123456789abcdef'
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

/** Most are wanted by sockets alone: their body is made for whoever asks. */
class WrittenChunk implements Chunk {
  readonly framed: Uint8Array
  readonly #start: number
  readonly #isShared: boolean
  #body: Uint8Array | null = null

  /** @param isShared other chunks stand beside it: a body goes to strangers, who may detach what it lies in, so it is a copy */
  constructor(framed: Uint8Array, start: number, isShared: boolean) {
    this.framed = framed
    this.#start = start
    this.#isShared = isShared
  }

  get body(): Uint8Array {
    const end = this.framed.length - CRLF.length
    this.#body ??= this.#isShared ? this.framed.slice(this.#start, end) : this.framed.subarray(this.#start, end)
    return this.#body
  }
}

const EMPTY = new Uint8Array(0)
const NOTHING: Chunk = { body: EMPTY, framed: EMPTY }

/** Ready bytes as a chunk, by one copy: for what is made once, not for a hot path. */
export function chunkOf(bytes: Uint8Array): Chunk {
  const out = new ByteWriter(bytes.length)
  out.raw(bytes)
  return out.take()
}

const SLAB_SIZE = 64 * 1024
/** What is larger has an array of its own, which then costs little beside it. */
const LARGEST_SHARE = SLAB_SIZE / 16
/** Where small chunks are made side by side: an array for each token costs more than all that is written into it. */
const slab = { bytes: EMPTY, used: 0 }

/** Bytes put one after another into a buffer that doubles: frames are written once, in place. */
export class ByteWriter {
  #buffer: Uint8Array
  /** Where the room for the chunk's head begins, and where what was written ends. */
  #start = 0
  #end: number
  /** Where its room ends. */
  #limit: number
  #isShared = false

  /** @param passing what is written is sent at once and kept by nobody: small, it shares an array with others */
  constructor(size = 1024, passing = false) {
    const room = HEAD + size + CRLF.length
    if (passing && room <= LARGEST_SHARE) {
      if (slab.used + room > slab.bytes.length) Object.assign(slab, { bytes: new Uint8Array(SLAB_SIZE), used: 0 })
      this.#start = slab.used
      this.#isShared = true
      slab.used += room
    }
    this.#buffer = this.#isShared ? slab.bytes : new Uint8Array(room)
    this.#end = this.#start + HEAD
    this.#limit = this.#start + room
  }

  get length(): number {
    return this.#end - this.#start - HEAD
  }

  /** Text known to be ASCII: cheaper than an encoder for the few characters around a line. */
  ascii(text: string): void {
    this.#reserve(text.length)
    this.#put(text, this.#end)
    this.#end += text.length
  }

  text(text: string): void {
    this.#reserve(text.length * 3)
    this.#end += encoder.encodeInto(text, this.#buffer.subarray(this.#end)).written
  }

  raw(bytes: Uint8Array): void {
    this.#reserve(bytes.length)
    this.#buffer.set(bytes, this.#end)
    this.#end += bytes.length
  }

  /** What was written; the writer is used up. A copy where much room is left: these bytes may be kept for long. */
  take(): Chunk {
    const { length } = this
    if (length === 0) return NOTHING
    this.ascii(CRLF)
    const start = this.#putSize(length)
    const spare = this.#limit - this.#end
    const isWaste = !this.#isShared && spare > SPARE && spare > this.#end / 4
    const framed = isWaste ? this.#buffer.slice(start, this.#end) : this.#buffer.subarray(start, this.#end)
    return new WrittenChunk(framed, this.#start + HEAD - start, this.#isShared)
  }

  /** The head of the chunk, as long as it must be: no string for a number that only bytes are made of. @returns where it begins */
  #putSize(length: number): number {
    let at = this.#start + HEAD - CRLF.length
    this.#put(CRLF, at)
    for (let rest = length; rest > 0; rest >>>= 4) this.#buffer[--at] = HEX.charCodeAt(rest & 15)
    return at
  }

  #put(ascii: string, at: number): void {
    for (let index = 0; index < ascii.length; index += 1) this.#buffer[at + index] = ascii.charCodeAt(index)
  }

  #reserve(more: number): void {
    if (this.#end + more <= this.#limit) return
    const written = this.#end - this.#start
    const grown = new Uint8Array(Math.max((this.#limit - this.#start) * 2, written + more))
    grown.set(this.#buffer.subarray(this.#start, this.#end))
    this.#buffer = grown
    this.#start = 0
    this.#end = written
    this.#limit = grown.length
    this.#isShared = false
  }
}

/** The bytes of a buffer or of any view of one, as they lie in memory; `null` for what is none. */
export function bytesOf(value: unknown): Uint8Array | null {
  if (value instanceof Uint8Array) return value
  if (ArrayBuffer.isView(value)) return new Uint8Array(value.buffer, value.byteOffset, value.byteLength)
  return value instanceof ArrayBuffer ? new Uint8Array(value) : null
}
