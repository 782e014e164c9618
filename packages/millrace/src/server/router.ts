import { DOCTOR } from '../protocol/doctor.ts'
import { PROGRESS, RUNS, SIGNALS } from '../protocol/routes.ts'
import { startByDialect } from './dialects/start.ts'
import type { DialectRoute } from './dialects/vendor.ts'
import { vendorOf } from './dialects/vendors.ts'
import { streamPattern } from './doctor.ts'
import type { Endpoint, Served } from './endpoint.ts'
import { readProgress } from './progress/route.ts'
import { deleteRun, listRuns, readRun, signalRun } from './run-routes.ts'
import { startRun } from './start-route.ts'

/**
 * `null` where nothing is served.
 * @param base what every path begins with
 * @param doctor whether a pattern is to be had
 */
export function servedAt(pathname: string, base: string, routes: Readonly<Record<string, DialectRoute>>, doctor: boolean): Served | null {
  const root = base.replace(/\/+$/, '')
  if (!pathname.startsWith(`${root}/`)) return null
  const path = pathname.slice(root.length)
  return routedAt(path, routes) ?? (doctor && path === DOCTOR ? { endpoint: PATTERN } : ownAt(path))
}

/** The longest route that the path is, or lies below. */
function routedAt(path: string, routes: Readonly<Record<string, DialectRoute>>): Served | null {
  const paths = Object.keys(routes).filter((at) => path === at || path.startsWith(`${at}/`)).sort((one, other) => other.length - one.length)
  for (const at of paths) {
    const endpoint = endpointOf(routes[at], path.slice(at.length))
    if (endpoint) return { endpoint, ...(routes[at] && { dialect: routes[at].dialect }) }
  }
  return null
}

function endpointOf(route: DialectRoute | undefined, below: string): Endpoint | null {
  if (!route) return null
  const vendor = vendorOf(route.dialect)
  if (below === '') return { ...vendor.below?.(route, []), POST: (context, request, caller) => startByDialect(context, request, caller, route) }
  const segments = below.slice(1).split('/').map(decoded)
  return segments.every((segment) => segment !== null) ? (vendor.below?.(route, segments) ?? null) : null
}

const PATTERN: Endpoint = { GET: streamPattern, POST: streamPattern }

function ownAt(path: string): Served | null {
  const endpoint = ownEndpoint(path)
  return endpoint && { endpoint }
}

function ownEndpoint(path: string): Endpoint | null {
  if (path === RUNS) return { GET: (context, request, { principal }) => listRuns(context, request, principal) }
  if (path.startsWith(`${PROGRESS}/`)) return progressEndpoint(decoded(path.slice(PROGRESS.length + 1)))
  if (!path.startsWith(`${RUNS}/`)) return null
  const [name, below, ...deeper] = path.slice(RUNS.length + 1).split('/').map(decoded)
  if (!name || deeper.length > 0) return null
  if (below === undefined) return runEndpoint(name)
  return `/${String(below)}` === SIGNALS ? { POST: (context, request, { principal }) => signalRun(context, request, principal, name) } : null
}

function progressEndpoint(id: string | null): Endpoint | null {
  return id === null ? null : { GET: (context, request, caller) => readProgress(context, request, caller, id) }
}

function runEndpoint(name: string): Endpoint {
  return {
    GET: (context, request, caller) => readRun(context, request, caller, name),
    POST: (context, request, caller) => startRun(context, request, caller, name),
    DELETE: (context, _request, { principal }) => deleteRun(context, principal, name),
  }
}

/** Whether a WebSocket can be had at this path. */
export function takesSockets(pathname: string, base: string): boolean {
  return pathname === base.replace(/\/+$/, '') + RUNS
}

/** `null` for a segment with a broken escape. */
function decoded(segment: string): string | null {
  try {
    return decodeURIComponent(segment)
  } catch {
    return null
  }
}
