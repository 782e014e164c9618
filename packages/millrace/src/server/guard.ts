import { MillraceError } from '../event/error.ts'

const SAFE: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS'])

/**
 * Refuses what another site's page could have sent in a visitor's name: an unsafe method, or a WebSocket
 * (a `GET` that any page may send and whose answer it may read), needs an `Origin` of this host (or an
 * allowed one) or `Sec-Fetch-Site: same-origin | none`; with neither, it is no browser, and is let in
 * as long as it carries no cookies.
 * @throws MillraceError `forbidden`
 */
export function checkOrigin(request: Request, allowed: readonly string[]): void {
  if (SAFE.has(request.method) && !isUpgrade(request)) return
  const origin = request.headers.get('Origin')
  if (origin !== null && (allowed.includes(origin) || sameHost(origin, request))) return
  const site = request.headers.get('Sec-Fetch-Site')
  // The browser's own word, which no page can set: it holds also where a proxy changed `Host`.
  if (site === 'same-origin' || site === 'none') return
  if (origin === null && site === null && !request.headers.has('Cookie')) return
  throw new MillraceError('forbidden', 'This request comes from another site. Allow its origin with `allowedOrigins`.')
}

/** Whether it asks for a WebSocket. */
export function isUpgrade(request: Request): boolean {
  return (request.headers.get('Upgrade') ?? '').toLowerCase().includes('websocket')
}

/** Whether an address, `Referer` say, is that of a page of this host. */
export function isOwnPage(address: string, request: Request): boolean {
  return /^https?:/.test(address) && sameHost(address, request)
}

function sameHost(origin: string, request: Request): boolean {
  return URL.canParse(origin) && new URL(origin).host === (request.headers.get('Host') ?? new URL(request.url).host)
}
