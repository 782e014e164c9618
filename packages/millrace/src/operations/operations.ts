import type { Typed } from '../protocol/app.ts'
import { contextOf } from '../server/app.ts'
import type { Context } from '../server/context.ts'

/** Where metrics are, as `register` of the package `prom-client` has them. */
export interface MetricsRegister {
  readonly contentType: string
  metrics(): Promise<string>
}

export interface OperationsOptions {
  /** Served at `/metrics`. Default: there are none. */
  readonly metrics?: MetricsRegister
  /** How long the store may take to answer before this process does not count as ready, in ms. Default 2 000. */
  readonly patience?: number
}

const HEADERS = { 'Content-Type': 'application/json', 'Cache-Control': 'no-store' }
/** An id that no run has: what is asked is whether anybody answers. */
const NO_RUN = '0'.repeat(22)

/**
 * What those who run a server ask it, on a port of their own: `serve(createOperations(app), { port: 9090 })`. It asks nobody who they are.
 *
 *     GET /health    200 while the process turns: restart it where this fails
 *     GET /ready     200 where the store answers and nothing is shutting down, else 503: send it no requests
 *     GET /metrics   for Prometheus
 *
 * @throws MillraceError `invalid_request` for what `createMillrace` did not make
 */
export function createOperations(app: Typed, { metrics, patience = 2_000 }: OperationsOptions = {}): { fetch(request: Request): Promise<Response> } {
  const context = contextOf(app)
  return {
    async fetch({ method, url }) {
      if (method !== 'GET' && method !== 'HEAD') return said(405, 'method_not_allowed')
      switch (new URL(url).pathname) {
        case '/health':
          return said(200, 'ok')
        case '/ready':
          return readiness(context, patience)
        case '/metrics':
          return metrics ? new Response(await metrics.metrics(), { headers: { ...HEADERS, 'Content-Type': metrics.contentType } }) : said(404, 'not_found')
        default:
          return said(404, 'not_found')
      }
    },
  }
}

async function readiness({ store, closing, logger }: Context, patience: number): Promise<Response> {
  if (closing.signal.aborted) return said(503, 'closing')
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`The store did not answer within ${String(patience)} ms.`)), patience)
  })
  try {
    await Promise.race([store.find(NO_RUN), late])
    return said(200, 'ok')
  } catch (error) {
    logger.warn('This server is not ready.', { error })
    return said(503, 'store_busy')
  } finally {
    clearTimeout(timer)
  }
}

function said(status: number, word: string): Response {
  return new Response(JSON.stringify({ status: word }), { status, headers: HEADERS })
}
