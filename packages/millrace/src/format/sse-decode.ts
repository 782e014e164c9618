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
  #bytes = new Uint8Array(0)
  #size = 0
  /** What is dropped if it comes first: a BOM at the head of the stream, the LF of a CRLF that was cut. */
  #skip = '\ufeff'
  #event = ''
  #data: string[] = []
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
  push(chunk: Uint8Array): SseEvent[] {
    const out: SseEvent[] = []
    const cut = Math.max(chunk.lastIndexOf(LF), chunk.lastIndexOf(CR)) + 1
    if (cut > 0) {
      this.#add(chunk.subarray(0, cut))
      const text = decoder.decode(this.#bytes.subarray(0, this.#size))
      this.#size = 0
      this.#lines(text.startsWith(this.#skip) ? text.slice(this.#skip.length) : text, out)
      this.#skip = text.endsWith('\r') ? '\n' : ''
    }
    this.#add(chunk.subarray(cut))
    this.#bound(this.#size)
    return out
  }

  #add(bytes: Uint8Array): void {
    const size = this.#size + bytes.length
    if (size > this.#bytes.length) {
      const larger = new Uint8Array(Math.max(size, this.#bytes.length * 2))
      larger.set(this.#bytes)
      this.#bytes = larger
    }
    this.#bytes.set(bytes, this.#size)
    this.#size = size
  }

  #lines(raw: string, out: SseEvent[]): void {
    const text = raw.includes('\r') ? raw.replace(/\r\n?/g, '\n') : raw
    for (let start = 0; start < text.length;) {
      const stop = text.indexOf('\n', start)
      this.#bound(stop - start)
      if (stop === start) this.#dispatch(out)
      else this.#line(text.slice(start, stop), out)
      start = stop + 1
    }
  }

  #line(line: string, out: SseEvent[]): void {
    const colon = line.indexOf(':')
    const end = colon === -1 ? line.length : colon
    const value = line.slice(line.charCodeAt(end + 1) === SPACE ? end + 2 : end + 1)
    switch (line.slice(0, end)) {
      case 'data':
        this.#dataSize += line.length
        this.#bound(this.#dataSize)
        this.#data.push(value)
        break
      case 'id':
        if (value.includes('\0')) break
        this.#id = value
        this.#ownId = true
        break
      case 'event':
        this.#event = value
        break
      case 'retry':
        if (DIGITS.test(value)) out.push({ type: 'retry', ms: Number(value) })
        break
      // Also a comment, the name of whose field is empty: whoever reads the bytes has seen that they came.
      default:
    }
  }

  #dispatch(out: SseEvent[]): void {
    if (this.#data.length > 0) {
      const data = this.#data.join('\n')
      out.push({ type: 'message', event: this.#event || 'message', data, id: this.#id, ownId: this.#ownId })
      this.#data = []
      this.#dataSize = 0
    }
    this.#event = ''
    this.#ownId = false
  }

  #bound(size: number): void {
    if (size > this.#maxEvent) throw new MillraceError('too_large', 'An event is too large.')
  }
}
