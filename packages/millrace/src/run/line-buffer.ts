const encoder = new TextEncoder()

const NOTHING = new Uint8Array()
const FIRST_SIZE = 1024
const SLAB_SIZE = 16 * 1024
const LF = 0x0a
const QUOTE = 0x22
const BACKSLASH = 0x5c
const CLOSE = 0x7d
/** What JSON writes as it stands, in one byte each. */
const PLAIN = Uint8Array.from({ length: 128 }, (_, code) => (code >= 0x20 && code !== QUOTE && code !== BACKSLASH ? 1 : 0))
/** A longer text is left to native code: here each character costs about a nanosecond, there the way in about 200. */
const SHORT = 200

/** All of a delta's JSON before its text: the same for every delta of a block. */
export interface DeltaHead {
  readonly json: string
  readonly bytes: Uint8Array
}

export function deltaHead(json: string): DeltaHead {
  return { json, bytes: encoder.encode(json) }
}

/**
 * The JSON lines of one log, encoded as they come and side by side: a write is a view of them, with
 * nothing to join, and what a token leaves to the collector dies young. Few larger arrays: one for
 * each token would cost four times its encoding. Of one log alone, so that what is kept for long
 * keeps nothing of others; each is twice the one before, so that a short log costs little.
 */
export class LineBuffer {
  #bytes: Uint8Array = NOTHING
  /** Where the lines begin that were not taken yet, and where they end. */
  #start = 0
  #end = 0

  /** Bytes not taken yet. */
  get size(): number {
    return this.#end - this.#start
  }

  add(json: string): void {
    const at = this.#begin(json.length * 3)
    this.#end = at + encoder.encodeInto(json, this.#bytes.subarray(at)).written
  }

  /** Adds a delta: the same as its JSON, without making a string of it. */
  addDelta(head: DeltaHead, text: string): void {
    if (text.length <= SHORT && this.#addPlain(head.bytes, text)) return
    this.add(`${head.json}${JSON.stringify(text)}}`)
  }

  /** Cuts what was added since the size was `size`. */
  cut(size: number): void {
    this.#end = this.#start + size
  }

  /** The lines since the last time, joined by LF. They are never written to again. */
  take(): Uint8Array {
    const taken = this.#bytes.subarray(this.#start, this.#end)
    this.#start = this.#end
    return taken
  }

  /** False, and nothing is added, where the text has characters that take more than a byte. */
  #addPlain(head: Uint8Array, text: string): boolean {
    let at = this.#begin(head.length + text.length + 3)
    const bytes = this.#bytes
    bytes.set(head, at)
    at += head.length
    bytes[at++] = QUOTE
    for (let index = 0; index < text.length; index += 1) {
      const code = text.charCodeAt(index)
      if (PLAIN[code] !== 1) return false
      bytes[at++] = code
    }
    bytes[at++] = QUOTE
    bytes[at++] = CLOSE
    this.#end = at
    return true
  }

  /** Makes room for a line of `most` bytes and writes what parts it from the one before. @returns where it begins */
  #begin(most: number): number {
    if (this.#end + 1 + most > this.#bytes.length) this.#grow(most + 1)
    if (this.size === 0) return this.#end
    this.#bytes[this.#end] = LF
    return this.#end + 1
  }

  #grow(more: number): void {
    const larger = new Uint8Array(Math.max(FIRST_SIZE, Math.min(this.#bytes.length * 2, SLAB_SIZE), this.size * 2 + more))
    larger.set(this.#bytes.subarray(this.#start, this.#end))
    this.#end = this.size
    this.#start = 0
    this.#bytes = larger
  }
}
