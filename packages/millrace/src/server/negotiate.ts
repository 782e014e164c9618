import { bytes } from '../dialect/bytes.ts'
import { millrace } from '../dialect/millrace.ts'
import { page } from '../dialect/page.ts'
import { text } from '../dialect/text.ts'
import type { Dialect } from '../dialect/dialect.ts'
import { MillraceError } from '../event/error.ts'
import { rawBytes } from '../format/binary.ts'
import type { Format } from '../format/format.ts'
import { framed } from '../format/framed.ts'
import { ndjson } from '../format/ndjson.ts'
import { htmlPage } from '../format/page.ts'
import { sse } from '../format/sse.ts'
import { plainText } from '../format/text.ts'
import { websocket, websocketText } from '../format/websocket.ts'
import { acceptedBy, fits } from './accept.ts'
import { Encoding } from './encoding.ts'

/** What a response about a run can be. `document`: one JSON, after the end on POST, at once on GET. */
export type Answer = 'document' | Encoding

type FormatName = 'sse' | 'ndjson' | 'framed' | 'text' | 'bytes' | 'page'

const FORMATS: Readonly<Record<string, 'document' | FormatName>> = {
  'application/json': 'document',
  'text/event-stream': 'sse',
  'application/x-ndjson': 'ndjson',
  'text/plain': 'text',
  'text/html': 'page',
  'application/octet-stream': 'bytes',
  'application/vnd.millrace.frames': 'framed',
}

const encodings = new WeakMap<Dialect, Map<string, Encoding>>()
/** In these, every dialect says the same. */
const COMMON = { text: new Encoding(text, plainText), bytes: new Encoding(bytes, rawBytes), page: new Encoding(page, htmlPage) }
const FRAMES = { sse, ndjson, framed }

/** The one encoding of a dialect in a format: readers share bytes by it. */
export function encodingOf(dialect: Dialect, format: FormatName | 'websocket'): Encoding {
  if (format === 'text' || format === 'bytes' || format === 'page') return COMMON[format]
  const known = encodings.get(dialect) ?? new Map<string, Encoding>()
  encodings.set(dialect, known)
  const encoding = known.get(format) ?? new Encoding(dialect, framing(dialect, format))
  known.set(format, encoding)
  return encoding
}

function framing(dialect: Dialect, format: keyof typeof FRAMES | 'websocket'): Format {
  if (format === 'websocket') return dialect.hypermedia ? websocketText : websocket
  return FRAMES[format]
}

/**
 * Picks by `Accept` (RFC 9110 §12.5.1): the highest quality, then the order of the client.
 * @param fallback for no `Accept` at all and for a wildcard
 * @throws MillraceError `not_acceptable`
 */
export function negotiate(accept: string | null, dialect: Dialect, fallback: 'document' | 'sse'): Answer {
  const { wanted, refused } = acceptedBy(accept ?? '*/*')
  const known = Object.keys(FORMATS).filter((type) => speaks(dialect, type))
  const offered = known.filter((type) => !refused.includes(type))
  for (const range of wanted) {
    const type = range === '*/*' ? [typeOf(fallback), ...offered].find((name) => offered.includes(name)) : offered.find((name) => fits(name, range))
    const name = type === undefined ? undefined : FORMATS[type]
    if (name === 'document') return 'document'
    if (name) return encodingOf(dialect, name)
  }
  throw new MillraceError('not_acceptable', `Ask for one of: ${known.join(', ')}.`)
}

const HOLDS_JSON: readonly string[] = [ndjson.mediaType, framed.mediaType]

/** A page is for a browser that was sent here, not for a client that speaks a dialect and may list HTML first, as htmx does. */
function speaks(dialect: Dialect, type: string): boolean {
  if (type === 'text/html') return dialect === millrace
  return !dialect.hypermedia || !HOLDS_JSON.includes(type)
}

function typeOf(format: 'document' | 'sse'): string {
  return format === 'sse' ? 'text/event-stream' : 'application/json'
}

/** @throws MillraceError `invalid_request` for a dialect that is not served here */
export function dialectNamed(name: string | null, dialects: readonly Dialect[]): Dialect {
  if (name === null) return millrace
  const dialect = dialects.find((candidate) => candidate.name === name)
  if (dialect) return dialect
  throw new MillraceError('invalid_request', `There is no dialect of this name here. Known: ${dialects.map((known) => known.name).join(', ')}.`)
}
