import { MillraceError } from '../event/error.ts'

/** What a server-sent-events stream says, in order. */
export type SseEvent = SseMessage | SseRetry

export interface SseMessage {
  readonly type: 'message'
  /** The `event` field; `message` where there is none. */
  readonly event: string
  readonly data: string
  /** The last event ID: this block's own, else the one that was set last, else ''. */
  readonly id: string
  /** Whether this very block set `id`. */
  readonly ownId: boolean
}
export interface SseRetry {
  readonly type: 'retry'
  readonly ms: number
}

/** Above the largest entry (1 MiB) and what JSON escapes may add to it. */
const MAX_EVENT = 2 ** 21 + 2 ** 16

const LF = 0x0a
const CR = 0x0d
const SPACE = 0x20
const COLON = 0x3a
const DIGITS = /^\d+$/

// ignoreBOM, because lines are decoded apart and a BOM is only dropped at the head of the stream.
const decoder = new TextDecoder('utf-8', { ignoreBOM: true })

/**
 * The event stream of the WHATWG HTML standard, §9.2.6, from bytes as they come. Pure: no I/O, no
 * clock. A block that the stream's end leaves unfinished was never an event, so there is no `end()`.
 *
 * Only whole lines are decoded; the bytes of an unfinished one wait in a buffer that doubles. So
 * the cost is linear whatever the chunking, where a carried string would be built anew with every
 * chunk.
 */
export class SseDecoder {
  readonly #maxEvent: number
  /** The bytes that were not decoded yet are those from `#start` to `#end`. */
  #bytes = new Uint8Array(1024)
  #start = 0
  #end = 0
  /** What is dropped if it comes first: a BOM at the head of the stream, the LF of a CRLF that was cut. */
  #skip = '\ufeff'
  /** Whether there is a NUL in what is looked at: to look into every id would cost as much as to slice it. */
  #nul = false
  #event = ''
  #data: string | null = null
  #dataSize = 0
  #id = ''
  #ownId = false

  constructor(maxEvent: number = MAX_EVENT) {
    this.#maxEvent = maxEvent
  }

  /**
   * @throws MillraceError `too_large` when a line or an event's data outgrows the bound. The stream
   *   is of no use then, nor is this decoder.
   */
  push(chunk: Uint8Array, out: (event: SseEvent) => void): void {
    this.#append(chunk)
    const bytes = this.#bytes
    const before = this.#end - chunk.length
    let cut = this.#end
    for (; cut > before; cut -= 1) {
      const byte = bytes[cut - 1]
      if (byte === LF || byte === CR) break
    }
    if (cut > before) {
      let text = decoder.decode(bytes.subarray(this.#start, cut))
      this.#start = cut
      if (this.#skip !== '' && text.startsWith(this.#skip)) text = text.slice(1)
      this.#skip = text.endsWith('\r') ? '\n' : ''
      if (text.includes('\r')) text = text.replace(/\r\n?/g, '\n')
      this.#nul = text.includes('\0')
      this.#lines(text, out)
    }
    this.#bound(this.#end - this.#start)
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
      this.#bound(stop - start)
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
        this.#dataSize += stop - start
        this.#bound(this.#dataSize)
        this.#data = this.#data === null ? value : `${this.#data}\n${value}`
        break
      case 'id':
        if (this.#nul && value.includes('\0')) break
        this.#id = value
        this.#ownId = true
        break
      case 'event':
        this.#event = value
        break
      case 'retry':
        if (DIGITS.test(value)) out({ type: 'retry', ms: Number(value) })
    }
  }

  #dispatch(out: (event: SseEvent) => void): void {
    if (this.#data !== null) {
      out({ type: 'message', event: this.#event || 'message', data: this.#data, id: this.#id, ownId: this.#ownId })
      this.#data = null
      this.#dataSize = 0
    }
    this.#event = ''
    this.#ownId = false
  }

  #bound(size: number): void {
    if (size > this.#maxEvent) throw new MillraceError('too_large', 'The answer is too large.')
  }
}
