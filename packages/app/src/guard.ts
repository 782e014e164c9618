import { isLoopback } from './flags.ts'
import { problem } from './responses.ts'

export interface GuardOptions {
  readonly allowHosts: readonly string[]
  readonly behindProxy: boolean
}

/** What proxies add to a request they pass on, beside `X-Forwarded-…`. */
const FORWARDED: ReadonlySet<string> = new Set([
  'forwarded', 'via', 'x-forwarded', 'x-real-ip', 'x-client-ip', 'x-cluster-client-ip', 'x-original-forwarded-for',
  'true-client-ip', 'cf-connecting-ip', 'fastly-client-ip', 'cdn-loop',
])

/**
 * There is no sign-in, so whoever gets through reads everything. A foreign `Host` is a page of
 * another site that had its name point here; forwarded headers mean that a proxy has opened this
 * machine to others. Both are refused unless the person who started it said otherwise.
 */
export function refusal(request: Request, options: GuardOptions): Response | null {
  const host = hostOf(request)
  if (!isLoopback(host) && !options.allowHosts.includes(host)) {
    return problem(403, 'forbidden', 'This host name is not answered here. Start with --allow-host NAME to allow it.')
  }
  if (!options.behindProxy && [...request.headers.keys()].some(isForwarding)) {
    return problem(403, 'forbidden', 'Forwarded requests are not answered here. Start with --behind-proxy to allow them.')
  }
  return null
}

function isForwarding(name: string): boolean {
  return FORWARDED.has(name) || name.startsWith('x-forwarded-')
}

function hostOf(request: Request): string {
  const host = request.headers.get('host') ?? new URL(request.url).host
  return host.toLowerCase().replace(/:\d+$/, '')
}
