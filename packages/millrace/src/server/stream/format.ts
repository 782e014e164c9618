import { isEscaped } from '../../dialect/escaped-value.ts'
import { MillraceError } from '../../event/error.ts'
import { rawBytes } from '../../format/binary.ts'
import { bytesOf } from '../../format/bytes.ts'
import type { Format } from '../../format/format.ts'
import { framed } from '../../format/framed.ts'
import { json } from '../../format/json.ts'
import { ndjson } from '../../format/ndjson.ts'
import { sse } from '../../format/sse.ts'
import { plainText } from '../../format/text.ts'
import { acceptedBy, fits } from '../accept.ts'

/** How a stream's values stand on the wire. `binary`: raw bytes; `framed`: length-prefixed, each value whole. */
export type StreamFormat = 'sse' | 'ndjson' | 'json' | 'text' | 'binary' | 'framed'

export const FORMATS: Readonly<Record<StreamFormat, Format>> = { sse, ndjson, json, text: plainText, binary: rawBytes, framed }
const NAMES = Object.keys(FORMATS) as StreamFormat[]

/**
 * The format an `Accept` header asks for; `null` where any will do.
 * @throws MillraceError `not_acceptable`
 */
export function formatAccepted(accept: string | null): StreamFormat | null {
  const { wanted, refused } = acceptedBy(accept ?? '*/*')
  const offered = NAMES.filter((name) => !refused.includes(typeOf(name)))
  for (const range of wanted) {
    if (range === '*/*') return null
    const name = offered.find((candidate) => fits(typeOf(candidate), range))
    if (name) return name
  }
  throw new MillraceError('not_acceptable', `Ask for one of: ${NAMES.map(typeOf).join(', ')}.`)
}

/** The format that fits a stream's first value. */
export function formatOf(first: unknown): StreamFormat {
  if (bytesOf(first)) return 'binary'
  if (isEscaped(first)) return 'sse'
  return typeof first === 'string' || first === undefined ? 'text' : 'ndjson'
}

function typeOf(name: StreamFormat): string {
  return FORMATS[name].mediaType.split(';')[0] ?? ''
}
