import {
  CONTENT_TYPE, IDEMPOTENCY_KEY, LAST_EVENT_ID, MILLRACE_RUN, MILLRACE_STATUS, PREFER, RETRY_AFTER,
} from '../protocol/headers.ts'
import { methodsOf, type Endpoint } from './endpoint.ts'
import type { Inquiry } from './inquiry.ts'

const SENT = [CONTENT_TYPE, 'Authorization', IDEMPOTENCY_KEY, LAST_EVENT_ID, PREFER].join(', ')
const SHOWN = [MILLRACE_RUN, MILLRACE_STATUS, RETRY_AFTER].join(', ')
/** How long a browser may remember a preflight, in seconds. */
const MAX_AGE = '600'

/** Whether a browser asks what another site's page may send (the Fetch standard's CORS protocol). */
export function isPreflight(request: Inquiry): boolean {
  return request.method === 'OPTIONS' && request.headers.has('Access-Control-Request-Method')
}

/** Answers a preflight; without a word of leave to an origin that is not on the list. */
export function preflight(request: Inquiry, allowed: readonly string[], endpoint: Endpoint | null): Response {
  const response = new Response(null, { status: 204 })
  if (isAllowed(request, allowed) && endpoint) {
    response.headers.set('Access-Control-Allow-Methods', methodsOf(endpoint))
    // A dialect's clients bring headers of their own; whose page it is was decided by its origin.
    response.headers.set('Access-Control-Allow-Headers', request.headers.get('Access-Control-Request-Headers') ?? SENT)
    response.headers.append('Vary', 'Access-Control-Request-Headers')
    response.headers.set('Access-Control-Max-Age', MAX_AGE)
  }
  return shareWith(request, allowed, response)
}

/** Lets a page of an allowed origin read the response. Never a wildcard, never an origin that is not on the list. */
export function shareWith(request: Inquiry, allowed: readonly string[], response: Response): Response {
  if (allowed.length === 0) return response
  response.headers.append('Vary', 'Origin')
  if (!isAllowed(request, allowed)) return response
  response.headers.set('Access-Control-Allow-Origin', request.headers.get('Origin') ?? '')
  response.headers.set('Access-Control-Allow-Credentials', 'true')
  response.headers.set('Access-Control-Expose-Headers', SHOWN)
  return response
}

function isAllowed(request: Inquiry, allowed: readonly string[]): boolean {
  return allowed.includes(request.headers.get('Origin') ?? '')
}
