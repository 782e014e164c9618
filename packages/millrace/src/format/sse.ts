import { MillraceError } from '../event/error.ts'
import type { Format } from './format.ts'

/** What would end the field or the line, or means something else to a parser: refused in names and ids. */
const FORGERY = /[\0\r\n\u2028\u2029]/
/** What every cursor is. An id of a stream without a log may be anything. */
const ASCII = /^[\x20-\x7e]*$/
const LINE_END = /\r\n|\r|\n/

/** Server-sent events as the WHATWG HTML standard reads them. LF only. */
export const sse: Format = {
  name: 'sse',
  mediaType: 'text/event-stream',
  cursors: true,
  frame(out, { cursor, event, data }) {
    if (cursor !== null) {
      out.ascii('id: ')
      if (ASCII.test(cursor)) out.ascii(cursor)
      else out.text(single(cursor, 'id'))
      out.ascii('\n')
    }
    if (event !== null) {
      out.ascii('event: ')
      out.text(single(event, 'event name'))
      out.ascii('\n')
    }
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

function single(value: string, what: string): string {
  if (FORGERY.test(value)) {
    throw new MillraceError('invalid_event', `An SSE ${what} cannot hold CR, LF, NUL, U+2028 or U+2029.`)
  }
  return value
}
