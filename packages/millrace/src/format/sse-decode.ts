import { MillraceError } from '../event/error.ts'

/** What a server-sent-events stream says, in order. */
export type SseEvent = SseMessage | SseComment | SseRetry

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
/** A heartbeat, most often. */
export interface SseComment {
  readonly type: 'comment'
  readonly text: string
}
export interface SseRetry {
  readonly type: 'retry'
  readonly ms: number
}

/** Above the largest entry (1 MiB) and what JSON escapes may add to it. */
const MAX_EVENT = 2 * 1024 * 1024 + 64 * 1024

const LF = 0x0a
const CR = 0x0d
const SPACE = 0x20
const BOM = 0xfeff
const DIGITS = /^\d+$/

// ignoreBOM, because lines are decoded apart and a BOM is only dropped at the head of the stream.
const decoder = new TextDecoder('utf-8', { ignoreBOM: true })

/**
 * The event stream of the WHATWG HTML standard, §9.2.6, from bytes as they come. Pure: no I/O, no
 * clock. A block that the stream's end leaves unfinished was never an event, so there is no `end()`.
 *
 * Only whole lines are decoded; the bytes of an unfinished one are carried. So every byte is copied
 * at most once whatever the chunking, where a carried string would be built anew with every chunk.
 */
export class SseDecoder {
  readonly #maxEvent: number
  readonly #carry = new Carry()
  #atHead = true
  /** The chunk before ended in CR: an LF that comes first now belongs to it. */
  #afterCr = false
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
    if (chunk.length === 0) return out
    const from = this.#afterCr && chunk[0] === LF ? 1 : 0
    const cut = Math.max(chunk.lastIndexOf(LF), chunk.lastIndexOf(CR)) + 1
    this.#afterCr = chunk[chunk.length - 1] === CR
    if (cut > from) this.#lines(this.#decode(chunk.subarray(from, cut)), out)
    this.#carry.add(chunk.subarray(Math.max(cut, from)))
    this.#bound(this.#carry.size)
    return out
  }

  /** Whole lines as text, every one ended by LF. */
  #decode(bytes: Uint8Array): string {
    let text = decoder.decode(this.#carry.takeWith(bytes))
    if (this.#atHead && text.charCodeAt(0) === BOM) text = text.slice(1)
    this.#atHead = false
    return text.includes('\r') ? text.replace(/\r\n?/g, '\n') : text
  }

  #lines(text: string, out: SseEvent[]): void {
    for (let start = 0; start < text.length; ) {
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
      case '':
        out.push({ type: 'comment', text: value })
        break
      default:
    }
  }

  #dispatch(out: SseEvent[]): void {
    const data = this.#data
    if (data.length > 0) {
      const text = data.length === 1 ? (data[0] ?? '') : data.join('\n')
      out.push({ type: 'message', event: this.#event || 'message', data: text, id: this.#id, ownId: this.#ownId })
      this.#data = []
      this.#dataSize = 0
    }
    this.#event = ''
    this.#ownId = false
  }

  #bound(size: number): void {
    if (size > this.#maxEvent) {
      throw new MillraceError('too_large', `The stream holds an event of more than ${String(this.#maxEvent)} bytes.`)
    }
  }
}

/** The bytes of the line that has not ended yet, in a buffer that doubles. */
class Carry {
  #buffer = new Uint8Array(0)
  size = 0

  add(bytes: Uint8Array): void {
    const size = this.size + bytes.length
    if (size > this.#buffer.length) {
      const larger = new Uint8Array(Math.max(256, size, this.#buffer.length * 2))
      larger.set(this.#buffer.subarray(0, this.size))
      this.#buffer = larger
    }
    this.#buffer.set(bytes, this.size)
    this.size = size
  }

  /** What was carried and `bytes` as one piece, which is good until the next {@link add}. */
  takeWith(bytes: Uint8Array): Uint8Array {
    if (this.size === 0) return bytes
    this.add(bytes)
    const all = this.#buffer.subarray(0, this.size)
    this.size = 0
    return all
  }
}
