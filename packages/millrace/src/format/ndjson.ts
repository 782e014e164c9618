import { MillraceError } from '../event/error.ts'
import type { Format } from './format.ts'

const decoder = new TextDecoder()

/** One JSON object a line, with its cursor as the first field. */
export const ndjson: Format = {
  name: 'ndjson',
  mediaType: 'application/x-ndjson',
  cursors: true,
  frame(out, { cursor, data }) {
    const json = typeof data === 'string' ? data : decoder.decode(data)
    if (!json.startsWith('{')) throw new MillraceError('invalid_event', 'An NDJSON line is a JSON object.')
    const head = cursor === null ? '{' : `{"cursor":${JSON.stringify(cursor)}${json === '{}' ? '' : ','}`
    out.text(`${head}${json.slice(1)}\n`)
  },
  heartbeat: new TextEncoder().encode('\n'),
}
