import type { IncomingMessage, ServerResponse } from 'node:http'
import { answerOf } from '../../server/inquiry.ts'
import { leavingOf, type Leaving } from './leaving.ts'
import { NodeRequest } from './node-request.ts'
import { toRequest, urlOf } from './request.ts'
import { sendResponse } from './response.ts'

/** Anything that answers Web requests: what `createMillrace` returns, a Hono app, or your own. */
export interface FetchHandler {
  readonly fetch: (request: Request) => Response | Promise<Response>
  /** Whether it answers at this address. Default: at every one. */
  readonly serves?: (request: Pick<Request, 'url'>) => boolean
}

/** Goes on to whatever comes next in the host, or to its error handler. */
export type Next = (error?: Error) => void

/**
 * A Node request listener for `node:http`, middleware for Express and a hook for Fastify: where there
 * is a next one, it gets the requests that are not for this handler, and what went wrong. Streams of
 * this library go to the response without a Web stream in between.
 */
export function toNodeHandler(handler: FetchHandler): (message: IncomingMessage, to: ServerResponse, next?: Next) => void {
  return (message, to, next) => {
    // Before anything listens to the message: its body is then still the next one's to read.
    if (next && handler.serves?.({ url: urlOf(message) }) === false) next()
    else void answer(handler, message, to, next)
  }
}

async function answer(handler: FetchHandler, message: IncomingMessage, to: ServerResponse, next: Next | undefined): Promise<void> {
  const leaving = leavingOf(message, to)
  if (message.method === 'TRACE') {
    // A Web request cannot be one.
    to.writeHead(405, { 'Content-Length': '0' }).end()
    return
  }
  try {
    const response = await respond(handler, message, leaving)
    await sendResponse(response, to, leaving)
  } catch (error) {
    if (leaving.isOver) return
    if (next && !to.headersSent) {
      next(error instanceof Error ? error : new Error('A request handler failed.', { cause: error }))
      return
    }
    console.error('A request handler failed.', error)
    // What has begun must not look finished.
    if (to.headersSent) to.destroy()
    else to.writeHead(500, { 'Content-Type': 'text/plain' }).end()
  }
}

/** Without a Web request where the handler is this library's own. A body that somebody has read is written anew for one. */
function respond(handler: FetchHandler, message: IncomingMessage, leaving: Leaving): Response | Promise<Response> {
  const own = message.readableEnded ? undefined : answerOf(handler.fetch)
  return own ? own(new NodeRequest(message, leaving)) : handler.fetch(leaving.asking(toRequest(message, leaving.signal)))
}
