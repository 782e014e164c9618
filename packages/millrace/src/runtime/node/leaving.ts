import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

/** Made once: an abort without a reason makes an error with a trace of its own, at the end of every request. */
const LEFT = new DOMException('Whoever asked has left.', 'AbortError')

/** Of one answer: whether it is over, in whatever way. */
export class Leaving {
  #hasLeft = false
  #controller: AbortController | null = null
  #listeners: (() => void)[] = []

  constructor({ socket }: IncomingMessage, to: ServerResponse) {
    // Mounted behind something that took its time: then it has said so already.
    this.#hasLeft = to.destroyed
    const leave = (): void => this.#leave()
    to.once('close', leave)
    if (to.socket === null) tellPipelined(socket, to, leave)
  }

  get hasLeft(): boolean {
    return this.#hasLeft
  }

  /** Aborted then. Made for whoever asks for it: most answers do without. */
  get signal(): AbortSignal {
    this.#controller ??= new AbortController()
    if (this.#hasLeft) this.#controller.abort(LEFT)
    return this.#controller.signal
  }

  /** Calls it once, when the answer is over. */
  onLeave(listener: () => void): void {
    if (this.#hasLeft) listener()
    else this.#listeners.push(listener)
  }

  #leave(): void {
    if (this.#hasLeft) return
    this.#hasLeft = true
    this.#controller?.abort(LEFT)
    for (const listener of this.#listeners) listener()
    this.#listeners = []
  }
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
