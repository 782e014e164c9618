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

/** Length-prefixed frames as they arrive, however their bytes are cut. */
export class FramedDecoder {
  /** With room to grow: what trickles in is not copied again for every piece. */
  #held = new Uint8Array(0)
  /** How much of it is of the frame under way. */
  #size = 0
  #complete = false

  /** The last frame was read: until then, the stream was cut. */
  get complete(): boolean {
    return this.#complete
  }

  /** @throws MillraceError `invalid_response` for what no writer of this format wrote */
  push(chunk: Uint8Array): FramedValue[] {
    const bytes = this.#joined(chunk)
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
    const values: FramedValue[] = []
    let at = 0
    while (bytes.length - at >= LENGTH) {
      const length = view.getUint32(at)
      if (length > MAX_FRAME) throw invalid('A frame is too large.')
      if (bytes.length - at - LENGTH < length) break
      const value = length === 0 ? null : this.#take(bytes.subarray(at + LENGTH, at + LENGTH + length))
      if (value) values.push(value)
      at += LENGTH + length
    }
    this.#keep(bytes, at)
    if (this.#complete && this.#size > 0) throw invalid('Something follows the end.')
    return values
  }

  #joined(chunk: Uint8Array): Uint8Array {
    if (this.#size === 0) return chunk
    const size = this.#size + chunk.length
    if (size > this.#held.length) {
      const roomy = new Uint8Array(size * 2)
      roomy.set(this.#held.subarray(0, this.#size))
      this.#held = roomy
    }
    this.#held.set(chunk, this.#size)
    return this.#held.subarray(0, size)
  }

  #keep(bytes: Uint8Array, from: number): void {
    // With no frame complete, what was joined stands where it is to be kept.
    if (from > 0 || this.#size === 0) this.#held = bytes.slice(from)
    this.#size = bytes.length - from
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
