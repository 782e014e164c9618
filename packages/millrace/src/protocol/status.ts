import type { ErrorCode } from '../event/error.ts'

/** Every error code's HTTP status. */
export const STATUS: Readonly<Record<ErrorCode, number>> = {
  invalid_request: 400,
  invalid_cursor: 400,
  unauthorized: 401,
  forbidden: 403,
  not_found: 404,
  unknown_kind: 404,
  method_not_allowed: 405,
  not_acceptable: 406,
  reset: 409,
  ended: 409,
  cancelled: 409,
  invalid_transition: 409,
  busy: 409,
  gone: 410,
  too_large: 413,
  unsupported_media_type: 415,
  invalid_range: 416,
  invalid_input: 422,
  invalid_event: 422,
  key_reused: 422,
  upgrade_required: 426,
  too_many_streams: 429,
  queue_full: 429,
  internal: 500,
  fenced: 500,
  conflict: 500,
  regressed: 500,
  store_corrupt: 500,
  store_failed: 500,
  missing_package: 500,
  port_taken: 500,
  invalid_response: 502,
  incomplete: 502,
  store_busy: 503,
  closed: 503,
}

const CODES: Readonly<Record<number, ErrorCode>> = {
  401: 'unauthorized',
  403: 'forbidden',
  404: 'not_found',
  410: 'gone',
}

/**
 * The code a response means: the one its problem JSON names, or else (a proxy answered, say) what
 * its status says. A newer server's code is passed on as it is: the table would cost a page more
 * than it tells it.
 */
export function codeOf(status: number, named?: unknown): ErrorCode {
  return typeof named === 'string' ? (named as ErrorCode) : (CODES[status] ?? 'invalid_response')
}
