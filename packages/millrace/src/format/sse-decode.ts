import { MillraceError } from '../event/error.ts'

/** What a server-sent-events stream says, in order. */
export type SseEvent = SseMessage | SseRetry

export interface SseMessage {
  readonly type: 'message'
  readonly data: string
  /** What this very block set it to, if it did. */
  readonly id: string | null
}
export interface SseRetry {
  readonly type: 'retry'
  readonly ms: number
}

/** Above the largest entry (1 MiB) and what JSON escapes may add to it. */
export const MAX_EVENT: number = 2 ** 21 + 2 ** 16

const LF = 0x0a
const CR = 0x0d
const SPACE = 0x20
const COLON = 0x3a
const DIGITS = /^\d+$/

// ignoreBOM, because lines are decoded apart and a BOM is only dropped at the head of the stream.
const decoder = new TextDecoder('utf-8', { ignoreBOM: true })

/**
 * The event stream of the WHATWG HTML standard, §9.2.6, from bytes as they come, without what no
 * reader of entries asks for: names, and the id of an earlier block. Pure: no I/O, no clock. A block that the stream's end leaves unfinished was never an event, so there is no `end()`.
 *
 * Only whole lines are decoded; the bytes of an unfinished one wait in a buffer that doubles. So
 * the cost is linear whatever the chunking, where a carried string would be built anew with every
 * chunk.
 */
export class SseDecoder {
  /** The bytes that were not decoded yet are those from `#start` to `#end`. */
  #bytes = new Uint8Array(1024)
  #start = 0
  #end = 0
  /** What is dropped if it comes first: a BOM at the head of the stream, the LF of a CRLF that was cut. */
  #skip = '\ufeff'
  #data: string | null = null
  #id: string | null = null

  /**
   * @throws MillraceError `too_large` when a line or an event's data outgrows the bound. The stream
   *   is of no use then, nor is this decoder.
   */
  push(chunk: Uint8Array, out: (event: SseEvent) => void): void {
    this.#append(chunk)
    const bytes = this.#bytes
    const before = this.#end - chunk.length
    let cut = this.#end
    while (cut > before && bytes[cut - 1] !== LF && bytes[cut - 1] !== CR) cut -= 1
    if (cut > before) {
      let text = decoder.decode(bytes.subarray(this.#start, cut))
      this.#start = cut
      if (text.startsWith(this.#skip)) text = text.slice(this.#skip.length)
      this.#skip = bytes[cut - 1] === CR ? '\n' : ''
      if (text.includes('\r')) text = text.replace(/\r\n?/g, '\n')
      this.#lines(text, out)
    }
    bound(this.#end - this.#start)
  }

  #append(chunk: Uint8Array): void {
    if (this.#end + chunk.length > this.#bytes.length) {
      const kept = this.#bytes.subarray(this.#start, this.#end)
      const size = 2 * (kept.length + chunk.length)
      // Twice what is needed, or no less than half of it free: so no byte is moved more than a few times.
      if (size > this.#bytes.length) this.#bytes = new Uint8Array(size)
      this.#bytes.set(kept)
      this.#start = 0
      this.#end = kept.length
    }
    this.#bytes.set(chunk, this.#end)
    this.#end += chunk.length
  }

  #lines(text: string, out: (event: SseEvent) => void): void {
    for (let start = 0; start < text.length;) {
      const stop = text.indexOf('\n', start)
      if (stop === start) this.#dispatch(out)
      else this.#line(text, start, stop, out)
      start = stop + 1
    }
  }

  #line(text: string, start: number, stop: number, out: (event: SseEvent) => void): void {
    let end = start
    while (end < stop && text.charCodeAt(end) !== COLON) end += 1
    const value = text.slice(text.charCodeAt(end + 1) === SPACE ? end + 2 : end + 1, stop)
    // A comment's field has the empty name: whoever reads the bytes has seen that they came.
    switch (text.slice(start, end)) {
      case 'data':
        this.#data = this.#data === null ? value : `${this.#data}\n${value}`
        bound(this.#data.length)
        break
      case 'id':
        if (!value.includes('\0')) this.#id = value
        break
      case 'retry':
        if (DIGITS.test(value)) out({ type: 'retry', ms: Number(value) })
    }
  }

  #dispatch(out: (event: SseEvent) => void): void {
    if (this.#data !== null) out({ type: 'message', data: this.#data, id: this.#id })
    this.#data = null
    this.#id = null
  }
}

function bound(size: number): void {
  if (size > MAX_EVENT) throw new MillraceError('too_large', 'The event is too large.')
}
