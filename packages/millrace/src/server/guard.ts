import { MillraceError } from '../event/error.ts'
import type { Inquiry } from './inquiry.ts'

const SAFE: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS'])

/**
 * Refuses what another site's page could have sent in a visitor's name: an unsafe method, or a WebSocket
 * (a `GET` that any page may send and whose answer it may read), needs an `Origin` of this host (or an
 * allowed one) or `Sec-Fetch-Site: same-origin | none`; with neither, it is no browser, and is let in
 * as long as it carries no cookies.
 * @throws MillraceError `forbidden`
 */
export function checkOrigin(request: Inquiry, allowed: readonly string[]): void {
  if (SAFE.has(request.method) && !isUpgrade(request)) return
  const origin = request.headers.get('Origin')
  if (origin !== null && (allowed.includes(origin) || sameHost(origin, request))) return
  const site = request.headers.get('Sec-Fetch-Site')
  // The browser's own word, which no page can set: it holds also where a proxy changed `Host`.
  if (site === 'same-origin' || site === 'none') return
  if (origin === null && site === null && !request.headers.has('Cookie')) return
  throw new MillraceError('forbidden', 'This request comes from another site. Allow its origin with `allowedOrigins`.')
}

/**
 * Refuses what was sent to a name that is not this server's: a page whose own name was made to lead here
 * (DNS rebinding) is of one origin with the server, whatever else is checked.
 * @param allowed names, each for any port unless it names one
 * @throws MillraceError `forbidden`
 */
export function checkHost(request: Inquiry, allowed: readonly string[]): void {
  const host = (request.headers.get('Host') ?? new URL(request.url).host).toLowerCase()
  const isAllowed = allowed.some((name) => [host, host.replace(/:\d*$/, '')].includes(name.toLowerCase()))
  if (!isAllowed) throw new MillraceError('forbidden', 'This server is not asked by this name. Allow it with `allowedHosts`.')
}

/** Whether it asks for a WebSocket. */
export function isUpgrade(request: Inquiry): boolean {
  return (request.headers.get('Upgrade') ?? '').toLowerCase().includes('websocket')
}

/** Whether an address, `Referer` say, is that of a page of this host. */
export function isOwnPage(address: string, request: Inquiry): boolean {
  return /^https?:/.test(address) && sameHost(address, request)
}

function sameHost(origin: string, request: Inquiry): boolean {
  return URL.canParse(origin) && new URL(origin).host === (request.headers.get('Host') ?? new URL(request.url).host)
}
