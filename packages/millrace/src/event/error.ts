/**
 * Every way Millrace can refuse or fail, as one closed list. A `code` is what programs decide by;
 * `message` is for people and is never read by code.
 */
export type ErrorCode =
  // a request or a producer said something wrong
  | 'invalid_request'
  | 'invalid_input'
  | 'invalid_event'
  | 'invalid_cursor'
  | 'invalid_range'
  | 'unknown_kind'
  | 'unauthorized'
  | 'forbidden'
  | 'not_found'
  | 'method_not_allowed'
  | 'not_acceptable'
  | 'unsupported_media_type'
  | 'upgrade_required'
  | 'key_reused'
  | 'busy'
  | 'invalid_transition'
  | 'too_large'
  | 'too_many_streams'
  | 'queue_full'
  // the log moved away under its reader
  | 'reset'
  | 'gone'
  // a store refused a write
  | 'fenced'
  | 'conflict'
  | 'regressed'
  | 'ended'
  // a store could not do its work
  | 'store_busy'
  | 'store_corrupt'
  | 'store_failed'
  // a client gave up
  | 'incomplete'
  | 'cancelled'
  | 'invalid_response'
  // this process
  | 'missing_package'
  | 'port_taken'
  | 'closed'
  | 'internal'

const RETRYABLE: readonly ErrorCode[] = ['store_busy', 'closed', 'too_many_streams', 'queue_full']

export interface MillraceErrorOptions {
  readonly cause?: unknown
  /** Whether the same call may succeed later. Default: by `code`. */
  readonly retryable?: boolean
}

/** The one error class of the library. Decide by `code`; `cause` keeps what lay underneath. */
export class MillraceError extends Error {
  override readonly name = 'MillraceError'
  readonly code: ErrorCode
  readonly retryable: boolean

  constructor(code: ErrorCode, message: string, options: MillraceErrorOptions = {}) {
    super(message, options)
    this.code = code
    this.retryable = options.retryable ?? RETRYABLE.includes(code)
  }
}

/**
 * An error whose code and message may be shown to the readers of a run. A handler throws it to
 * say why it failed; any other error reaches readers as `internal` and nothing else (P11).
 */
export class PublicError extends Error {
  override readonly name = 'PublicError'
  readonly code: string

  constructor(code: string, message: string, options: { readonly cause?: unknown } = {}) {
    super(message, 'cause' in options ? { cause: options.cause } : undefined)
    this.code = code
  }
}

/** Whether `error` is a {@link MillraceError} with this code. */
export function hasCode(error: unknown, code: ErrorCode): error is MillraceError {
  return error instanceof MillraceError && error.code === code
}
