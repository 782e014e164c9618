import type { IncomingMessage } from 'node:http'
import { MillraceError } from '../../event/error.ts'

/**
 * The body of a message that a parser before us (as `express.json()`) has read to its end: written
 * anew from what it left in `message.body`.
 */
export function readAlready(message: IncomingMessage & { readonly body?: unknown }): BodyInit {
  const { body } = message
  const type = message.headers['content-type'] ?? ''
  if (body === undefined && isEmpty(message)) return ''
  if (typeof body === 'string') return body
  if (body instanceof Uint8Array) return new Uint8Array(body)
  if (body !== undefined && type.startsWith('application/json')) return JSON.stringify(body)
  if (type.startsWith('application/x-www-form-urlencoded') && isFlat(body)) return new URLSearchParams(body).toString()
  return failing()
}

/** A message without a body has been read to its end also where nobody reads. */
function isEmpty({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] === undefined && Number(headers['content-length'] ?? 0) === 0
}

function isFlat(body: unknown): body is Record<string, string> {
  return typeof body === 'object' && body !== null && Object.values(body).every((value) => typeof value === 'string')
}

/** Fails when it is read: whoever needs no body is not bothered. */
function failing(): ReadableStream<Uint8Array> {
  return new ReadableStream({
    pull() {
      throw new MillraceError('invalid_request', 'Something before this handler has read the body. Mount Millrace before the body parser.')
    },
  }, { highWaterMark: 0 })
}
