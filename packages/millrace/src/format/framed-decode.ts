import { MillraceError } from '../event/error.ts'
import type { Json } from '../event/run-event.ts'
import { FRAME_HEAD, KIND, MAX_FRAME } from './framed.ts'

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
const LENGTH = 4

/** What one frame held. `cursor` is `null` in a stream without a log. */
export interface FramedValue {
  readonly cursor: string | null
  readonly data: Json | Uint8Array
}

/**
 * Length-prefixed frames as they arrive, however their bytes are cut. What waits for the rest of its frame
 * stands in a buffer that doubles: no byte is moved more than a few times.
 */
export class FramedDecoder {
  #bytes = new Uint8Array(1024)
  #end = 0
  #complete = false

  /** The last frame was read: until then, the stream was cut. */
  get complete(): boolean {
    return this.#complete
  }

  /** @throws MillraceError `invalid_response` for what no writer of this format wrote */
  push(chunk: Uint8Array): FramedValue[] {
    this.#append(chunk)
    const values: FramedValue[] = []
    let at = 0
    for (let frame = this.#frameAt(at); frame !== null; frame = this.#frameAt(at)) {
      const value = frame.length === 0 ? null : this.#take(frame)
      if (value) values.push(value)
      at += LENGTH + frame.length
    }
    if (at > 0) this.#drop(at)
    if (this.#complete && this.#end > 0) throw invalid('Something follows the end.')
    return values
  }

  #append(chunk: Uint8Array): void {
    const end = this.#end + chunk.length
    if (end > this.#bytes.length) {
      const grown = new Uint8Array(2 * end)
      grown.set(this.#bytes.subarray(0, this.#end))
      this.#bytes = grown
    }
    this.#bytes.set(chunk, this.#end)
    this.#end = end
  }

  #drop(count: number): void {
    this.#bytes.copyWithin(0, count, this.#end)
    this.#end -= count
  }

  /** `null` where it is not whole. */
  #frameAt(at: number): Uint8Array | null {
    const there = this.#end - at
    if (there < LENGTH) return null
    const length = new DataView(this.#bytes.buffer, at).getUint32(0)
    if (length > MAX_FRAME) throw invalid('A frame is too large.')
    return there < LENGTH + length ? null : this.#bytes.subarray(at + LENGTH, at + LENGTH + length)
  }

  #take(frame: Uint8Array): FramedValue | null {
    const [kind, size = 0] = frame
    if (this.#complete) throw invalid('Something follows the end.')
    if (frame.length < FRAME_HEAD + size) throw invalid('A frame is shorter than it says.')
    const cursor = size === 0 ? null : textOf(frame.subarray(FRAME_HEAD, FRAME_HEAD + size))
    const body = frame.subarray(FRAME_HEAD + size)
    if (kind === KIND.json) return { cursor, data: parse(body) }
    if (kind === KIND.bytes) return { cursor, data: body.slice() }
    if (kind !== KIND.end) throw invalid('A frame is of no known kind.')
    this.#complete = true
    return null
  }
}

function parse(body: Uint8Array): Json {
  const text = textOf(body)
  try {
    return JSON.parse(text) as Json
  } catch (cause) {
    throw invalid('A frame is not valid JSON.', cause)
  }
}

function textOf(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes)
  } catch (cause) {
    throw invalid('A frame is not valid UTF-8.', cause)
  }
}

function invalid(what: string, cause?: unknown): MillraceError {
  return new MillraceError('invalid_response', `These are not the frames they say they are. ${what}`, { cause })
}
