import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
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

/**
 * Aborted when the answer is over, in whatever way. A pipelined request has no socket of its own
 * until those before it are answered, and never hears that the connection is gone: that is why the
 * connection itself is asked too.
 */
function leavingOf({ socket }: IncomingMessage, to: ServerResponse): AbortSignal {
  const leaving = new AbortController()
  const open = openOn(socket)
  const leave = (): void => {
    to.off('close', leave)
    open.delete(leave)
    leaving.abort()
  }
  to.on('close', leave)
  open.add(leave)
  return leaving.signal
}

const openBySocket = new WeakMap<Socket, Set<() => void>>()

/** What is to be told of a connection's end: one listener for all requests on it, however many are pipelined. */
function openOn(socket: Socket): Set<() => void> {
  const known = openBySocket.get(socket)
  if (known) return known
  const open = new Set<() => void>()
  openBySocket.set(socket, open)
  socket.once('close', () => {
    for (const leave of [...open]) leave()
  })
  return open
}
