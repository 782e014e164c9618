import { MillraceError } from '../event/error.ts'
import { ACCEPT, CONTENT_TYPE, JSON_TYPE, RETRY_AFTER } from '../protocol/headers.ts'
import { codeOf } from '../protocol/status.ts'
import { persist, type Answer, type Lost } from './connector.ts'
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
  readonly headers: HeaderRecord
  /** Default: `POST` with a body, `GET` without. */
  readonly method?: string | undefined
  readonly body?: string | undefined
  readonly signal: AbortSignal
}

const MAX_HOPS = 5
/** UTF-16 units: some times what the server's own limit lets into one snapshot. */
const MAX_JSON = 2 ** 26

/**
 * One request. With headers of the user's own, redirects are followed by hand and within the
 * origin only: `fetch` would carry the headers to wherever it is sent. Browsers do not show where
 * a redirect leads, so there every redirect of such a request is refused.
 */
export async function send(url: string, sent: Send, access: Access): Promise<Response> {
  const { headers, signal, body = null, method = body === null ? 'GET' : 'POST' } = sent
  const { host = defaultHost, credentials = 'same-origin' } = access
  const own = (typeof access.headers === 'function' ? await access.headers() : access.headers) ?? {}
  const merged = new Headers(own)
  for (const [name, value] of Object.entries(headers)) merged.set(name, value)
  const init: RequestInit = {
    method,
    headers: merged,
    body,
    signal,
    cache: 'no-store',
    credentials,
    redirect: Object.keys(own).length > 0 || credentials === 'include' ? 'manual' : 'follow',
  }
  for (let hops = 0, target = url; hops < MAX_HOPS; hops++) {
    const response = await host.fetch(target, init)
    const { status } = response
    // 0 is what browsers show of a redirect.
    if (status > 399 || (status > 0 && status < 300)) return response
    await response.body?.cancel()
    const location = response.headers.get('Location')
    // 301 to 303 would make a GET of anything else.
    if (location === null || (method !== 'GET' && status < 307)) break
    target = new URL(location, target).href
    if (new URL(target).origin !== new URL(url).origin) break
  }
  throw new MillraceError('invalid_response', 'A redirect.')
}

/**
 * The body as JSON, `undefined` where there is none (204). A server that never ends it costs no more than this.
 * @throws MillraceError `too_large`
 */
export async function jsonOf({ body, status }: Response): Promise<unknown> {
  if (!body || status === 204) return undefined
  const reader = body.getReader()
  const decoder = new TextDecoder()
  let text = ''
  for (let part; (part = await reader.read()).value; ) {
    text += decoder.decode(part.value, { stream: true })
    if (text.length <= MAX_JSON) continue
    void reader.cancel().catch(() => {})
    throw new MillraceError('too_large', 'The answer is too large.')
  }
  return JSON.parse(text)
}

/** What a response that is not a success means. */
export async function refusalOf(response: Response): Promise<Lost> {
  const { status, headers } = response
  const { code, detail } = ((await jsonOf(response).catch(() => null)) ?? {}) as { readonly [field: string]: unknown }
  const message = typeof detail === 'string' ? detail : `The server answered ${status}.`
  const retryable = status >= 500 || status === 408 || status === 429
  const error = new MillraceError(codeOf(status, code), message, { retryable })
  // Seconds. A date is not understood, and our own backoff applies.
  return { type: 'lost', error, retryAfter: Number(headers.get(RETRY_AFTER)) * 1000 || 0 }
}

export interface Call {
  /** Default: `POST` with a body, `GET` without. It may be sent more than once. */
  readonly method?: 'PATCH' | 'DELETE'
  readonly body?: unknown
  readonly headers?: HeaderRecord
  readonly signal?: AbortSignal | undefined
}

/** Asks for JSON, again and again as a follow would, until the answer is there or final. */
export function call<T>(url: string, { body, headers, signal, ...rest }: Call, access: Access): Promise<T> {
  // What is no address now will be none after the retry budget.
  const { href } = new URL(url, (globalThis.location as Location | undefined)?.href)
  const merged = { [ACCEPT]: JSON_TYPE, [CONTENT_TYPE]: JSON_TYPE, ...headers }
  const sent = { ...rest, body: JSON.stringify(body) as string | undefined, headers: merged }
  const attempt = async (signal: AbortSignal): Promise<Answer<T>> => {
    const response = await send(href, { ...sent, signal }, access)
    return response.ok ? { type: 'opened', value: (await jsonOf(response)) as T } : refusalOf(response)
  }
  return persist(access.host ?? defaultHost, attempt, signal)
}

/** What is `undefined` is left out, by way of JSON. */
export function queryOf(fields: object): string {
  return `?${String(new URLSearchParams(JSON.parse(JSON.stringify(fields)) as Record<string, string>))}`
}
