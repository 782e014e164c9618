import type { ErrorCode } from '../event/error.ts'

/**
 * Every error code's HTTP status. Where several share one, the first stands for the status when a
 * response names no code of ours (a proxy answered, say).
 */
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
  gone: 410,
  too_large: 413,
  unsupported_media_type: 415,
  invalid_input: 422,
  invalid_event: 422,
  key_reused: 422,
  too_many_streams: 429,
  internal: 500,
  fenced: 500,
  conflict: 500,
  regressed: 500,
  store_corrupt: 500,
  store_failed: 500,
  run_failed: 500,
  missing_package: 500,
  invalid_response: 502,
  incomplete: 502,
  store_busy: 503,
  closed: 503,
}

/** The code a response means: the one its problem JSON names if we know it, else the first of its status. */
export function codeOf(status: number, named?: unknown): ErrorCode {
  const codes = Object.keys(STATUS) as ErrorCode[]
  return codes.find((code) => code === named) ?? codes.find((code) => STATUS[code] === status) ?? 'invalid_response'
}
