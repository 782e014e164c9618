/** The names and values that both ends put into headers (PROTOCOL.md §3). */
export const ACCEPT = 'Accept'
export const CONTENT_TYPE = 'Content-Type'
export const IDEMPOTENCY_KEY = 'Idempotency-Key'
/** The same in a field of a form, which can send no headers. Never part of the run's input. */
export const FORM_KEY = 'idempotency-key'
export const LAST_EVENT_ID = 'Last-Event-ID'
export const PREFER = 'Prefer'
export const RETRY_AFTER = 'Retry-After'

/** The id of the run a response belongs to. */
export const MILLRACE_RUN = 'Millrace-Run'
/** On a 204: how the run ended. */
export const MILLRACE_STATUS = 'Millrace-Status'

export const EVENT_STREAM = 'text/event-stream'
export const JSON_TYPE = 'application/json'
export const PROBLEM_JSON = 'application/problem+json'
/** `Prefer`: answer a start with 202 and the run's id instead of its stream. */
export const RESPOND_ASYNC = 'respond-async'
