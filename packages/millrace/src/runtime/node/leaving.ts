import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

/** Made once: an abort without a reason makes an error with a trace of its own, at the end of every request. */
const LEFT = new DOMException('Whoever asked has left.', 'AbortError')

/** Aborted when the answer is over, in whatever way. */
export function leavingOf({ socket }: IncomingMessage, to: ServerResponse): AbortSignal {
  const leaving = new AbortController()
  const leave = (): void => leaving.abort(LEFT)
  // Mounted behind something that took its time: then it has said so already.
  if (to.destroyed) leave()
  to.once('close', leave)
  if (to.socket === null) tellPipelined(socket, to, leave)
  return leaving.signal
}

const waitingOn = new WeakMap<Socket, Set<() => void>>()

/**
 * A pipelined request has no socket of its own until those before it are answered, and never hears
 * that the connection is gone: the connection itself is asked, by one listener however many wait.
 */
function tellPipelined(socket: Socket, to: ServerResponse, leave: () => void): void {
  const waiting = waitingOn.get(socket) ?? new Set()
  if (!waitingOn.has(socket)) {
    waitingOn.set(socket, waiting)
    socket.once('close', () => {
      for (const one of [...waiting]) one()
    })
  }
  waiting.add(leave)
  to.once('close', () => waiting.delete(leave))
}
