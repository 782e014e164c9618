import { millrace } from '../dialect/millrace.ts'
import { page } from '../dialect/page.ts'
import { text } from '../dialect/text.ts'
import type { Dialect } from '../dialect/dialect.ts'
import { MillraceError } from '../event/error.ts'
import type { Format } from '../format/format.ts'
import { ndjson } from '../format/ndjson.ts'
import { htmlPage } from '../format/page.ts'
import { sse } from '../format/sse.ts'
import { plainText } from '../format/text.ts'
import { websocket, websocketText } from '../format/websocket.ts'
import { Encoding } from './encoding.ts'

/** What a response about a run can be. `document`: one JSON, after the end on POST, at once on GET. */
export type Answer = 'document' | Encoding

const FORMATS: Readonly<Record<string, 'document' | 'sse' | 'ndjson' | 'text' | 'page'>> = {
  'application/json': 'document',
  'text/event-stream': 'sse',
  'application/x-ndjson': 'ndjson',
  'text/plain': 'text',
  'text/html': 'page',
}

const encodings = new WeakMap<Dialect, Map<string, Encoding>>()
const plain = new Encoding(text, plainText)
const paged = new Encoding(page, htmlPage)

/** The one encoding of a dialect in a format: readers share bytes by it. Plain text and the page are the same in every dialect. */
export function encodingOf(dialect: Dialect, format: 'sse' | 'ndjson' | 'text' | 'page' | 'websocket'): Encoding {
  if (format === 'text') return plain
  if (format === 'page') return paged
  const known = encodings.get(dialect) ?? new Map<string, Encoding>()
  encodings.set(dialect, known)
  const encoding = known.get(format) ?? new Encoding(dialect, framing(dialect, format))
  known.set(format, encoding)
  return encoding
}

function framing(dialect: Dialect, format: 'sse' | 'ndjson' | 'websocket'): Format {
  if (format === 'websocket') return dialect.hypermedia ? websocketText : websocket
  return format === 'sse' ? sse : ndjson
}

/**
 * Picks by `Accept` (RFC 9110 §12.5.1): the highest quality, then the order of the client.
 * @param fallback for no `Accept` at all and for a wildcard
 * @throws MillraceError `not_acceptable`
 */
export function negotiate(accept: string | null, dialect: Dialect, fallback: 'document' | 'sse'): Answer {
  const { wanted, refused } = rangesOf(accept ?? '*/*')
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

/** A page is for a browser that was sent here, not for a client that speaks a dialect and may list HTML first, as htmx does. */
function speaks(dialect: Dialect, type: string): boolean {
  if (type === 'text/html') return dialect === millrace
  return type !== 'application/x-ndjson' || dialect.hypermedia !== true
}

function typeOf(format: 'document' | 'sse'): string {
  return format === 'sse' ? 'text/event-stream' : 'application/json'
}

function fits(type: string, range: string): boolean {
  return range.endsWith('/*') ? type.startsWith(range.slice(0, -1)) : type === range
}

/** Media ranges by quality, the best first; those of quality 0 are refused. */
function rangesOf(accept: string): { readonly wanted: string[]; readonly refused: string[] } {
  const ranges = accept
    .split(',')
    .map((part) => {
      const [range = '', ...parameters] = part.split(';').map((piece) => piece.trim().toLowerCase())
      const quality = parameters.find((parameter) => parameter.startsWith('q='))
      return { range, q: quality === undefined ? 1 : Number(quality.slice(2)) }
    })
    .filter(({ range }) => range !== '')
  const wanted = ranges.filter(({ q }) => q > 0).sort((one, other) => other.q - one.q)
  return { wanted: wanted.map(({ range }) => range), refused: ranges.filter(({ q }) => q === 0).map(({ range }) => range) }
}

/** @throws MillraceError `invalid_request` for a dialect that is not served here */
export function dialectNamed(name: string | null, dialects: readonly Dialect[]): Dialect {
  if (name === null) return millrace
  const dialect = dialects.find((candidate) => candidate.name === name)
  if (dialect) return dialect
  throw new MillraceError('invalid_request', `There is no dialect of this name here. Known: ${dialects.map((known) => known.name).join(', ')}.`)
}
