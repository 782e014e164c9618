import { MillraceError } from '../event/error.ts'
import { weightedIn } from './accept.ts'
import type { Inquiry } from './inquiry.ts'
import type { StreamBody } from './sink.ts'

/** One content coding. A runtime brings it: what the Web has for this cannot flush, and would hold tokens back. */
export interface Coding {
  /** As HTTP names it. */
  readonly name: string
  /** The same stream, packed on its way: every chunk leaves at once, and what was cut stays cut (P10). */
  readonly stream: (stream: StreamBody) => StreamBody
  readonly document: (bytes: Uint8Array) => Promise<Uint8Array<ArrayBuffer>>
}

/** What was negotiated for one response. */
export interface Packing {
  /** `null`: the bytes as they are. */
  readonly coding: Coding | null
  /** The reader takes nothing but this coding, however small the gain. */
  readonly isDemanded: boolean
  /** Others might get it in another coding. */
  readonly varies: boolean
}

/** A smaller document gains less than its packing costs. */
const WORTH_IT = 1024
const encoder = new TextEncoder()

/**
 * Picks by `Accept-Encoding` (RFC 9110 §12.5.3): the highest quality, then the server's order. Who asks
 * for a range counts bytes as they are, and gets them so.
 * @throws MillraceError `not_acceptable` where nothing that is left is taken
 */
export function packingFor(request: Inquiry, codings: readonly Coding[]): Packing {
  const quality = qualitiesOf(request.headers.get('Accept-Encoding') ?? '')
  // Refused only by name, or by a wildcard without its name. Unnamed it is the last resort.
  const plain = quality.get('identity') ?? (quality.get('*') === 0 ? 0 : null)
  const offered = request.headers.has('Range') ? [] : codings
  const [best] = offered
    .map((coding) => ({ coding, q: quality.get(coding.name) ?? quality.get('*') ?? 0 }))
    .filter(({ q }) => q > 0 && q >= (plain ?? 0))
    .sort((one, other) => other.q - one.q)
  if (!best && plain === 0) {
    throw new MillraceError('not_acceptable', `Accept one of these codings: ${[...offered.map(({ name }) => name), 'identity'].join(', ')}.`)
  }
  return { coding: best?.coding ?? null, isDemanded: plain === 0, varies: codings.length > 0 }
}

/** What caches on the way are told, and the reader. */
export function packingHeaders({ coding, varies }: Packing): Record<string, string> {
  return { ...(varies && { Vary: 'Accept-Encoding' }), ...(coding && { 'Content-Encoding': coding.name }) }
}

/** A document as it leaves: too small a one stays as it is. */
export async function packDocument(
  text: string, packing: Packing,
): Promise<{ readonly body: string | Uint8Array<ArrayBuffer>; readonly headers: Record<string, string> }> {
  const { coding, isDemanded } = packing
  if (coding === null || (text.length < WORTH_IT && !isDemanded)) return { body: text, headers: packingHeaders({ ...packing, coding: null }) }
  return { body: await coding.document(encoder.encode(text)), headers: packingHeaders(packing) }
}

function qualitiesOf(header: string): Map<string, number> {
  return new Map(weightedIn(header).map(({ name, q }) => [name === 'x-gzip' ? 'gzip' : name, q]))
}
