import type { IncomingMessage, ServerResponse } from 'node:http'
import { toRequest } from './request.ts'
import { sendResponse } from './response.ts'

/** Anything that answers Web requests: what `createMillrace` returns, a Hono app, or your own. */
export interface FetchHandler {
  readonly fetch: (request: Request) => Response | Promise<Response>
}

/**
 * A Node request listener for `node:http`, and middleware for Express and Fastify. Streams of this
 * library go to the response without a Web stream in between.
 */
export function toNodeHandler(handler: FetchHandler): (message: IncomingMessage, to: ServerResponse) => void {
  return (message, to) => {
    void answer(handler, message, to)
  }
}

async function answer(handler: FetchHandler, message: IncomingMessage, to: ServerResponse): Promise<void> {
  const leaving = new AbortController()
  to.once('close', () => leaving.abort())
  try {
    const response = await handler.fetch(toRequest(message, leaving.signal))
    if (!to.destroyed) await sendResponse(response, to)
  } catch (error) {
    if (leaving.signal.aborted) return
    console.error('A request handler failed.', error)
    if (!to.headersSent) to.writeHead(500, { 'Content-Type': 'text/plain' })
    to.end()
  }
}
