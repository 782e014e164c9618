import { createServer, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { inspect } from 'node:util'
import { MillraceError } from '../../event/error.ts'
import { toNodeHandler, type FetchHandler } from './handler.ts'
import { acceptWebSockets } from './upgrade.ts'

export interface ServeOptions {
  /** Default 8787; 0 for any free one. */
  readonly port?: number
  /** Default 127.0.0.1: this machine alone. */
  readonly host?: string
  /** Where the port is taken: try the next ones, this many. Default 0: fail. */
  readonly nextPorts?: number
}

export interface Served {
  readonly url: string
  readonly port: number
  /** Stops listening and cuts what is open: readers resume elsewhere. */
  close(): Promise<void>
}

/** A head must come within 10 s and a whole request within 30 s; answers may take as long as they like. */
const HEADERS_TIMEOUT = 10_000
const REQUEST_TIMEOUT = 30_000
/** How often these two are looked at, in ms. */
const CHECK_INTERVAL = 2_000
const MAX_HEADERS = 100
const MAX_PORT = 65_535

/**
 * Serves a handler on `node:http`, and its WebSockets where the package `ws` is installed.
 * @throws MillraceError `invalid_request` for a port that is none, `port_taken`, `internal` where it cannot be had for another reason
 */
export async function serve(handler: FetchHandler, options: ServeOptions = {}): Promise<Served> {
  const { port = 8787, host = '127.0.0.1', nextPorts = 0 } = options
  // Node would take a word for the path of a Unix socket, and listen there.
  if (!Number.isInteger(port) || port < 0 || port > MAX_PORT) {
    throw new MillraceError('invalid_request', `\`port\` is a whole number from 0 (any free one) to ${String(MAX_PORT)}, not ${inspect(port)}.`)
  }
  const server = createServer({
    requestTimeout: REQUEST_TIMEOUT, headersTimeout: HEADERS_TIMEOUT, connectionsCheckingInterval: CHECK_INTERVAL, noDelay: true,
  }, toNodeHandler(handler))
  const answers = openAnswers(server)
  const webSockets = acceptWebSockets(server, handler)
  server.maxHeadersCount = MAX_HEADERS
  await listen(server, host, port, port === 0 ? 0 : nextPorts)
  const address = server.address() as AddressInfo
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${String(address.port)}`,
    port: address.port,
    close: async () => {
      await Promise.all([closed(server, answers), webSockets.close()])
    },
  }
}

async function listen(server: Server, host: string, port: number, more: number): Promise<void> {
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen(port, host, () => {
        server.off('error', reject)
        resolve()
      })
    })
  } catch (cause) {
    if (codeOf(cause) !== 'EADDRINUSE') throw new MillraceError('internal', `Cannot listen on ${host}:${String(port)}.`, { cause })
    if (more > 0) return listen(server, host, port + 1, more - 1)
    throw new MillraceError('port_taken', `Port ${String(port)} on ${host} is taken. Stop what uses it, or choose another port (0: any).`, { cause })
  }
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined
}

/** The answers that have begun and not ended. */
function openAnswers(server: Server): Set<ServerResponse> {
  const answers = new Set<ServerResponse>()
  // One for all answers: a function for each is a quarter of a kilobyte a reader.
  function forget(this: ServerResponse): void {
    answers.delete(this)
  }
  server.on('request', (_request, answer: ServerResponse) => {
    answers.add(answer)
    answer.on('close', forget)
  })
  return answers
}

function closed(server: Server, answers: ReadonlySet<ServerResponse>): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve())
    // Where the connection's end is the body's end, a plain close would make a half answer look whole (P10).
    for (const answer of answers) if (answer.headersSent && !answer.chunkedEncoding) answer.socket?.resetAndDestroy()
    server.closeAllConnections()
  })
}
