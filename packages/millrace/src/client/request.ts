import { MillraceError } from '../event/error.ts'
import { ACCEPT, CONTENT_TYPE, JSON_TYPE, RETRY_AFTER } from '../protocol/headers.ts'
import { codeOf } from '../protocol/status.ts'
import type { Problem } from '../protocol/wire.ts'
import { persist, type Answer } from './connector.ts'
import { defaultHost, type Host } from './host.ts'

type HeaderRecord = Readonly<Record<string, string>>

/** How every request is made. */
export interface Access {
  /** Sent with every request; a function is asked anew each time (fresh tokens). If it rejects, that attempt failed. */
  readonly headers?: HeaderRecord | (() => HeaderRecord | Promise<HeaderRecord>)
  readonly credentials?: RequestCredentials
  readonly host?: Host
}

export interface Send {
  readonly method?: 'GET' | 'POST'
  readonly headers: HeaderRecord
  readonly body?: string
  readonly signal: AbortSignal
}

const MAX_REDIRECTS = 5
const REDIRECTS = new Set([301, 302, 303, 307, 308])
/** Statuses below 500 after which the same request may succeed. */
const PASSING = new Set([408, 425, 429])

/**
 * One request. With headers of the user's own, redirects are followed by hand and within the
 * origin only: `fetch` would carry the headers to wherever it is sent. Browsers do not show where
 * a redirect leads, so there every redirect of such a request is refused.
 */
export async function send(url: string, { method = 'GET', headers, body, signal }: Send, access: Access): Promise<Response> {
  const { fetch } = access.host ?? defaultHost
  const own = (typeof access.headers === 'function' ? await access.headers() : access.headers) ?? {}
  const merged = new Headers(own)
  for (const [name, value] of Object.entries(headers)) merged.set(name, value)
  const init: RequestInit = {
    method,
    headers: merged,
    signal,
    cache: 'no-store',
    redirect: Object.keys(own).length > 0 ? 'manual' : 'follow',
    ...(body === undefined ? {} : { body }),
    ...(access.credentials === undefined ? {} : { credentials: access.credentials }),
  }
  for (let hops = 0, target = url; ; hops++) {
    const response = await fetch(target, init)
    if (response.type !== 'opaqueredirect' && !REDIRECTS.has(response.status)) return response
    await response.body?.cancel()
    target = hops < MAX_REDIRECTS ? within(target, response, method) : refuseRedirect()
  }
}

/** Where a redirect leads, if the request may go there as it is. */
function within(url: string, response: Response, method: string): string {
  const location = response.headers.get('Location')
  // 301 to 303 would turn a POST into a GET.
  if (location === null || (method !== 'GET' && response.status < 307)) return refuseRedirect()
  const target = new URL(location, url)
  return target.origin === new URL(url).origin ? target.href : refuseRedirect()
}

function refuseRedirect(): never {
  throw new MillraceError('invalid_response', 'The server redirects, and the request carries headers that must not leave its origin.')
}

/** What a response that is not a success means. */
export async function refusalOf(response: Response): Promise<Answer<never>> {
  const { status } = response
  const problem = await problemOf(response)
  const retryable = status >= 500 || PASSING.has(status)
  const message = problem.detail ?? problem.title ?? `The server answered ${String(status)}.`
  const error = new MillraceError(codeOf(status, problem.code), message, { retryable })
  return { type: 'refused', error, retryAfter: delayOf(response.headers.get(RETRY_AFTER)) }
}

async function problemOf(response: Response): Promise<Partial<Problem>> {
  const json = response.headers.get(CONTENT_TYPE)?.includes('json') ?? false
  if (json) return ((await response.json().catch(() => null)) ?? {}) as Partial<Problem>
  await response.body?.cancel()
  return {}
}

/** `Retry-After` in ms: seconds or a date. */
function delayOf(retryAfter: string | null): number {
  if (retryAfter === null) return 0
  const ms = /^\d+$/.test(retryAfter) ? Number(retryAfter) * 1000 : Date.parse(retryAfter) - Date.now()
  return Math.max(ms, 0) || 0
}

export interface Call {
  /** A `POST` of this, or else a `GET`. It may be sent more than once. */
  readonly body?: unknown
  readonly headers?: HeaderRecord
  readonly signal?: AbortSignal | undefined
}

/** Asks for JSON, again and again as a follow would, until the answer is there or final. */
export function call<T>(url: string, { body, headers, signal }: Call, access: Access): Promise<T> {
  const json = body === undefined ? {} : { [CONTENT_TYPE]: JSON_TYPE }
  const request = {
    headers: { [ACCEPT]: JSON_TYPE, ...json, ...headers },
    ...(body === undefined ? {} : { method: 'POST' as const, body: JSON.stringify(body) }),
  }
  const attempt = async (signal: AbortSignal): Promise<Answer<T>> => {
    const response = await send(url, { ...request, signal }, access)
    return response.ok ? { type: 'opened', value: (await response.json()) as T } : refusalOf(response)
  }
  return persist(access.host ?? defaultHost, attempt, signal)
}
