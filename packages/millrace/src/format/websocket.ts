import { MillraceError } from '../event/error.ts'
import { ByteWriter } from './bytes.ts'
import type { Format } from './format.ts'

const SEPARATOR = 0x2c
const OPENING = '{'

/**
 * Frames as objects of a message's `frames`, each behind a comma. They are the same bytes for every
 * reader; {@link framesMessage} puts a reader's own words around them, by one copy.
 */
export const websocket: Format = formatOf((data) => (data.startsWith(OPENING) ? data : JSON.stringify(data)))

/** For dialects whose frames are HTML: also what begins with a brace is text there. */
export const websocketText: Format = formatOf((data) => JSON.stringify(data))

function formatOf(json: (data: string) => string): Format {
  return {
    name: 'websocket',
    mediaType: 'application/json',
    cursors: true,
    frame(out, { cursor, event, data }) {
      out.ascii(',{')
      if (cursor !== null) out.text(`"cursor":${JSON.stringify(cursor)},`)
      if (event !== null) out.text(`"event":${JSON.stringify(event)},`)
      out.ascii('"data":')
      if (typeof data === 'string') out.text(json(data))
      else out.raw(data)
      out.ascii('}')
    },
    // The socket has one for all that is followed on it.
    heartbeat: null,
  }
}

/** The message that brings frames of one follow. @param frames what {@link websocket} wrote, and not nothing */
export function framesMessage(ref: string, frames: Uint8Array): Uint8Array {
  const head = `{"type":"frames","ref":${JSON.stringify(ref)},"frames":[`
  const out = new ByteWriter(head.length + frames.length + 2)
  out.text(head)
  out.raw(frames.subarray(frames[0] === SEPARATOR ? 1 : 0))
  out.ascii(']}')
  return out.take().body
}

/**
 * A message of either side.
 * @throws MillraceError `invalid_response` for what is none: the connection is of no use then
 */
export function decodeMessage(text: string): { readonly type: string } {
  const message = parsed(text)
  if (message !== null && typeof message === 'object' && 'type' in message && typeof message.type === 'string') return message as { type: string }
  throw new MillraceError('invalid_response', 'What came is no message of this protocol.', { retryable: true })
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
