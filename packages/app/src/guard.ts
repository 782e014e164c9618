import { isLoopback } from './flags.ts'
import { problem } from './responses.ts'

export interface GuardOptions {
  readonly allowHosts: readonly string[]
  readonly behindProxy: boolean
}

const FORWARDED = ['forwarded', 'x-forwarded-for', 'x-forwarded-host', 'x-forwarded-proto', 'x-real-ip']

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
  if (!options.behindProxy && FORWARDED.some((name) => request.headers.has(name))) {
    return problem(403, 'forbidden', 'Forwarded requests are not answered here. Start with --behind-proxy to allow them.')
  }
  return null
}

function hostOf(request: Request): string {
  const host = request.headers.get('host') ?? new URL(request.url).host
  return host.toLowerCase().replace(/:\d+$/, '')
}
