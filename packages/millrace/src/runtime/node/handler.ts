import type { IncomingMessage, ServerResponse } from 'node:http'
import { leavingOf } from './leaving.ts'
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
  const leaving = leavingOf(message, to)
  if (message.method === 'TRACE') {
    // A Web request cannot be one.
    to.writeHead(405, { 'Content-Length': '0' }).end()
    return
  }
  try {
    const response = await handler.fetch(toRequest(message, leaving))
    await sendResponse(response, to, leaving)
  } catch (error) {
    if (leaving.aborted) return
    console.error('A request handler failed.', error)
    // What has begun must not look finished.
    if (to.headersSent) to.destroy()
    else to.writeHead(500, { 'Content-Type': 'text/plain' }).end()
  }
}
