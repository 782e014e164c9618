import { MillraceError } from '../event/error.ts'
import type { ByteWriter } from './bytes.ts'
import type { Format } from './format.ts'

/** What nearly every field is: cursors are, by their form. An id of the application's own may be anything. */
const PLAIN = /^[\x20-\x7e]*$/
/** What would end the field or the line, or means something else to a parser: refused in names and ids. */
const FORGERY = /[\0\r\n\u2028\u2029]/
const LINE_END = /\r\n|\r|\n/

/** Server-sent events as the WHATWG HTML standard reads them. LF only. */
export const sse: Format = {
  name: 'sse',
  mediaType: 'text/event-stream',
  cursors: true,
  frame(out, { cursor, event, data }) {
    if (cursor !== null) writeField(out, 'id', cursor)
    if (event !== null) writeField(out, 'event', event)
    out.ascii('data: ')
    if (typeof data === 'string') out.text(LINE_END.test(data) ? data.split(LINE_END).join('\ndata: ') : data)
    else out.raw(data)
    out.ascii('\n\n')
  },
  heartbeat: new TextEncoder().encode(':\n\n'),
  comment(out, text) {
    out.text(`: ${text.split(LINE_END).join('\n: ')}\n\n`)
  },
}

/** @throws MillraceError `invalid_event` for a value that would end it */
function writeField(out: ByteWriter, name: 'id' | 'event', value: string): void {
  const isPlain = PLAIN.test(value)
  if (!isPlain && FORGERY.test(value)) {
    throw new MillraceError('invalid_event', `The \`${name}\` of an SSE event cannot hold CR, LF, NUL, U+2028 or U+2029.`)
  }
  if (!isPlain) {
    out.text(`${name}: ${value}\n`)
    return
  }
  // Part by part: the joined string would be made for every token, and only to be taken apart.
  out.ascii(name)
  out.ascii(': ')
  out.ascii(value)
  out.ascii('\n')
}
