import type { DialectFrame } from '../dialect/dialect.ts'
import { hasCode, MillraceError } from '../event/error.ts'
import { ByteWriter } from '../format/bytes.ts'
import { sse } from '../format/sse.ts'
import type { Inquiry } from './inquiry.ts'
import type { Answer } from './negotiate.ts'
import { requestedCursor } from './respond.ts'
import { streamHeaders } from './stream-headers.ts'

/**
 * A stream that says to a page that there is nothing to stream: htmx takes 404 and 410 for a fault of the
 * network, and asks for ever. 401 stays one: who logs in meanwhile reads on.
 * @param frames of the words; the last one ends it
 * @throws `error` where it is another
 */
export function absent(error: unknown, request: Inquiry, frames: (words: string) => readonly DialectFrame[]): Response {
  if (!(error instanceof MillraceError) || !(hasCode(error, 'not_found') || hasCode(error, 'gone'))) throw error
  const out = new ByteWriter()
  for (const frame of frames(error.message)) sse.frame(out, { cursor: null, ...frame })
  return new Response(request.method === 'HEAD' ? null : new TextDecoder().decode(out.take().body), { headers: streamHeaders(sse.mediaType) })
}

/** The same of a run, where it was asked for in a dialect for such pages. */
export function absentRun(error: unknown, request: Inquiry, run: string, answer: Answer): Response {
  const hypermedia = answer === 'document' ? undefined : answer.dialect.hypermedia
  if (!hypermedia) throw error
  return absent(error, request, (words) => hypermedia.absent(run, words, requestedCursor(request) === null))
}
