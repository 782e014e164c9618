import { DOCTOR } from '../protocol/doctor.ts'
import { PROGRESS, RUNS, SIGNALS } from '../protocol/routes.ts'
import { startByDialect } from './dialects/start.ts'
import type { DialectRoute } from './dialects/vendor.ts'
import { vendorOf } from './dialects/vendors.ts'
import { streamPattern } from './doctor.ts'
import { RouteSet, type Endpoint, type Served, type TakeSocket } from './endpoint.ts'
import { SocketRuns } from './socket/runs.ts'
import { SocketSession } from './socket/session.ts'
import { readProgress } from './progress/route.ts'
import { deleteRun, listRuns, readRun, signalRun } from './run-routes.ts'
import { startRun } from './start-route.ts'

type Routes = Readonly<Record<string, DialectRoute | RouteSet>>

/**
 * `null` where nothing is served.
 * @param base what every path begins with
 * @param doctor whether a pattern is to be had
 */
export function servedAt(pathname: string, base: string, routes: Routes, doctor: boolean): Served | null {
  const path = pathBelow(pathname, base)
  if (path === null) return null
  return routedAt(path, routes) ?? (doctor && path === DOCTOR ? { endpoint: PATTERN } : ownAt(path))
}

/** `null` where no WebSocket can be had. */
export function socketAt(pathname: string, base: string, routes: Routes): TakeSocket | null {
  const path = pathBelow(pathname, base)
  if (path === null) return null
  if (path === RUNS) return (context, login, socket) => new SocketSession(context, login, socket, (say) => new SocketRuns(context, socket, say))
  return firstOf(path, routes, (route, segments) => (route instanceof RouteSet ? RouteSet.below(route).socket(segments) : null))
}

function pathBelow(pathname: string, base: string): string | null {
  const root = base.replace(/\/+$/, '')
  return pathname.startsWith(`${root}/`) ? pathname.slice(root.length) : null
}

function routedAt(path: string, routes: Routes): Served | null {
  return firstOf(path, routes, (route, segments) => {
    if (route instanceof RouteSet) {
      const below = RouteSet.below(route)
      const endpoint = below.endpoint(segments)
      return endpoint && { endpoint, authenticate: below.authenticate?.(segments) }
    }
    const endpoint = endpointOf(route, segments)
    return endpoint && { endpoint, dialect: route.dialect }
  })
}

/** What is found at the longest route that the path is, or lies below. */
function firstOf<T>(path: string, routes: Routes, find: (route: DialectRoute | RouteSet, segments: readonly string[]) => T | null): T | null {
  const paths = Object.keys(routes).filter((at) => path === at || path.startsWith(`${at}/`)).sort((one, other) => other.length - one.length)
  for (const at of paths) {
    const [route, segments] = [routes[at], segmentsOf(path.slice(at.length))]
    const found = route && segments ? find(route, segments) : null
    if (found !== null) return found
  }
  return null
}

/** `null` where one has a broken escape. */
function segmentsOf(below: string): readonly string[] | null {
  if (below === '') return []
  const segments = below.slice(1).split('/').map(decoded)
  return segments.every((segment) => segment !== null) ? segments : null
}

function endpointOf(route: DialectRoute, segments: readonly string[]): Endpoint | null {
  const below = vendorOf(route.dialect).below?.(route, segments) ?? null
  return segments.length > 0 ? below : { ...below, POST: (context, request, caller) => startByDialect(context, request, caller, route) }
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

/** `null` for a segment with a broken escape. */
function decoded(segment: string): string | null {
  try {
    return decodeURIComponent(segment)
  } catch {
    return null
  }
}
