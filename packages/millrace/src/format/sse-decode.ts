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

/**
 * The event stream of the WHATWG HTML standard, §9.2.6, from bytes as they come, without what no
 * reader of entries asks for: names, and the id of an earlier block. Pure: no I/O, no clock. A block that the stream's end leaves unfinished was never an event, so there is no `end()`.
 *
 * Only what a chunk brings is searched for line ends. An unfinished line is carried as a string that is
 * appended to and not looked at: engines copy such a rope once, when the line is whole. So the cost is
 * linear whatever the chunking, and nothing is carried as bytes, which would cost more code and no less time.
 * What it costs: a chunk within a line is some 32 bytes more until the line is whole, so the longest line, come byte by byte, is 70 MB.
 */
export class SseDecoder {
  // ignoreBOM, because to the decoder every call without `stream` ends a stream, and a BOM goes at the head of ours alone.
  readonly #decoder = new TextDecoder('utf-8', { ignoreBOM: true })
  /** The unfinished line. */
  #rest = ''
  /** What is dropped if it comes first: a BOM at the head of the stream, the LF of a CRLF that was cut. */
  #skip = '\ufeff'
  #data: string | null = null
  #id: string | null = null

  /**
   * @throws MillraceError `too_large` when a line or an event's data outgrows the bound. The stream
   *   is of no use then, nor is this decoder.
   */
  push(chunk: Uint8Array, out: (event: SseEvent) => void): void {
    // Where no character is cut there is nothing to be carried, and Node takes twice as long for a call that may carry. An empty chunk ends none.
    let text = this.#decoder.decode(chunk, { stream: !((chunk[chunk.length - 1] as number) < 0x80) })
    if (text === '') return
    if (text[0] === this.#skip) text = text.slice(1)
    this.#skip = text.endsWith('\r') ? '\n' : ''
    if (text.includes('\r')) text = text.replace(/\r\n?/g, '\n')
    let start = 0
    for (let stop; (stop = text.indexOf('\n', start)) >= 0; start = stop + 1) {
      const line = this.#rest + text.slice(start, stop)
      this.#rest = ''
      if (line !== '') this.#line(line, out)
      else {
        if (this.#data !== null) out({ type: 'message', data: this.#data, id: this.#id })
        this.#data = this.#id = null
      }
    }
    this.#rest += text.slice(start)
    bound(this.#rest.length)
  }

  #line(line: string, out: (event: SseEvent) => void): void {
    const colon = line.indexOf(':')
    const end = colon < 0 ? line.length : colon
    const value = line.slice(end + (line[end + 1] === ' ' ? 2 : 1))
    // A comment's field has the empty name: whoever reads the bytes has seen that they came.
    switch (line.slice(0, end)) {
      case 'data':
        this.#data = this.#data === null ? value : `${this.#data}\n${value}`
        bound(this.#data.length)
        break
      case 'id':
        if (!value.includes('\0')) this.#id = value
        break
      case 'retry':
        if (/^\d+$/.test(value)) out({ type: 'retry', ms: Number(value) })
    }
  }
}

function bound(size: number): void {
  if (size > MAX_EVENT) throw new MillraceError('too_large', 'The answer is too large.')
}
