import { MillraceError } from '../event/error.ts'
import type { Format } from './format.ts'

const encoder = new TextEncoder()
const OPENING = 0x7b
const CLOSING = 0x7d

/** One JSON object a line, with its cursor as the first field; without a cursor any JSON. */
export const ndjson: Format = {
  name: 'ndjson',
  mediaType: 'application/x-ndjson',
  cursors: true,
  frame(out, { cursor, data }) {
    const json = typeof data === 'string' ? encoder.encode(data) : data
    if (cursor === null) out.raw(json)
    else {
      if (json[0] !== OPENING) throw new MillraceError('invalid_event', 'An NDJSON line with a cursor is a JSON object.')
      out.text(`{"cursor":${JSON.stringify(cursor)}${json[1] === CLOSING ? '' : ','}`)
      out.raw(json.subarray(1))
    }
    out.ascii('\n')
  },
  heartbeat: new TextEncoder().encode('\n'),
}
