import { PAGE_HEADERS } from '../dialect/page.ts'
import { MillraceError, type ErrorCode } from '../event/error.ts'
import { htmlPage } from '../format/page.ts'
import type { Logger } from '../run/logger.ts'
import { ACCEPT, CONTENT_TYPE, JSON_TYPE, PROBLEM_JSON, RETRY_AFTER } from '../protocol/headers.ts'
import { STATUS } from '../protocol/status.ts'
import type { Problem } from '../protocol/wire.ts'
import { methodsOf, type Served } from './endpoint.ts'
import type { Inquiry } from './inquiry.ts'
import { prefersPage, problemPage } from './problem-page.ts'

/** Codes whose message was written for whoever sent the request; of all others only the code is told (P11). */
const TOLD: ReadonlySet<ErrorCode> = new Set([
  'invalid_request', 'invalid_input', 'invalid_cursor', 'invalid_range', 'unknown_kind', 'unauthorized', 'forbidden', 'not_found',
  'method_not_allowed', 'not_acceptable', 'unsupported_media_type', 'upgrade_required', 'key_reused', 'too_large', 'too_many_streams', 'reset',
  'gone', 'closed', 'invalid_transition', 'busy', 'queue_full',
])
const RETRY_SECONDS = '1'
/** What vendors' clients go by before they go by the status: they also ask again after a 409, where nothing gets better. */
const NO_RETRY = ['x-should-retry', 'false'] as const

/**
 * An error as an RFC 9457 problem, as the clients of a dialect's route read one, or as a page to whom a
 * browser shows it. Whatever is not meant for the sender becomes `internal` and is logged.
 * @param served what the path does answer
 */
export function problem(error: unknown, logger: Logger, request: Inquiry, served: Served | null = null): Response {
  const body = problemOf(error, logger)
  const { status } = body
  const isPage = prefersPage(request)
  const headers = new Headers({ 'Cache-Control': 'no-store', 'X-Content-Type-Options': 'nosniff', Vary: ACCEPT, ...(isPage ? PAGE_HEADERS : {}) })
  const refusal = served?.dialect?.refusal
  headers.set(CONTENT_TYPE, isPage ? htmlPage.mediaType : refusal ? JSON_TYPE : PROBLEM_JSON)
  if (status === 429 || status === 503) headers.set(RETRY_AFTER, RETRY_SECONDS)
  if (status === 405 && served) headers.set('Allow', methodsOf(served.endpoint))
  if (status === 401) headers.set('WWW-Authenticate', 'Bearer')
  if (status === 409 && served?.dialect) headers.set(...NO_RETRY)
  if (status === 426) headers.set('Upgrade', 'websocket')
  const told = refusal ? refusal({ status, code: body.code, message: body.detail ?? body.title }) : body
  return new Response(isPage ? problemPage(body, request) : JSON.stringify(told), { status, headers })
}

/** The same refusal to clients that ask again after a 5xx, and had better not. */
export function withoutRetry(refusal: Response): Response {
  refusal.headers.set(...NO_RETRY)
  return refusal
}

/** What is told of an error, and logs the rest. */
export function problemOf(error: unknown, logger: Logger): Problem {
  const known = error instanceof MillraceError ? error : null
  const busy = known?.code === 'store_busy'
  const told = known !== null && TOLD.has(known.code)
  if (!told) logger.error('A request failed.', { error })
  const code = told || busy ? known.code : 'internal'
  const status = STATUS[code]
  const detail = told ? known.message : busy ? 'The store is busy. Ask again in a moment.' : 'Something went wrong here.'
  return { type: 'about:blank', title: TITLES[status] ?? 'Error', status, detail, code }
}

const TITLES: Readonly<Record<number, string>> = {
  400: 'Bad Request', 401: 'Unauthorized', 403: 'Forbidden', 404: 'Not Found', 405: 'Method Not Allowed',
  406: 'Not Acceptable', 409: 'Conflict', 410: 'Gone', 413: 'Content Too Large', 415: 'Unsupported Media Type',
  416: 'Range Not Satisfiable', 422: 'Unprocessable Content', 426: 'Upgrade Required', 429: 'Too Many Requests', 500: 'Internal Server Error', 503: 'Service Unavailable',
}
