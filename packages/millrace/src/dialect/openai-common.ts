import type { Outline } from '../event/outline.ts'
import type { PublicErrorInfo } from '../event/run-event.ts'
import type { Snapshot } from '../event/snapshot.ts'
import type { DialectDocument, Refused } from './dialect.ts'
import { failureOf, NO_RETRY } from './failure.ts'

/** What both dialects of this vendor have in common: how they say that something went wrong, above all. */

export function errorOf({ code, message }: PublicErrorInfo, type: string = 'server_error'): object {
  return { error: { message, type, code, param: null } }
}

/** The client makes its typed errors by the status; `type` is for those who read on. */
export function refusal({ status, code, message }: Refused): object {
  if (status === 429) return errorOf({ code, message }, 'rate_limit_error')
  return errorOf({ code, message }, status >= 500 ? 'server_error' : 'invalid_request_error')
}

/** Of a run without an answer, to who waited for one: half of it must not pass for the whole (P10). */
export function failedDocument(snapshot: Snapshot): DialectDocument {
  return { status: 500, body: errorOf(failureOf(snapshot)), headers: NO_RETRY }
}

/** Whether readers were given what they cannot give back. */
export function hasSpoken({ blocks, sources }: Outline): boolean {
  return blocks + sources > 0
}

export function farewell(outline: Outline): number {
  return hasSpoken(outline) ? 1 : 0
}
