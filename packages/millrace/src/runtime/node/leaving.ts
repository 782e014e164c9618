import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { isCut } from './request.ts'

/** Made once: an abort without a reason makes an error with a trace of its own, at the end of every request. */
const LEFT = new DOMException('Whoever asked has left.', 'AbortError')

/** What goes on for as long as its reader stays. */
interface Staying {
  close(): void
}

/** Whoever keeps a request can still be told that its client has left. */
const askedIn = new WeakMap<Request, AbortController>()

/**
 * When an answer is over, in whatever way. A request is told by a signal, at 1 KB; a stream that
 * outlives its request by hours is told itself.
 */
export class Leaving {
  /** Made for whoever asks: most answers do without. */
  #controller: AbortController | null = null
  /** Once the answer is a stream: what its request has let go of is nobody's to keep. */
  #asked: WeakRef<AbortController> | null = null
  #staying: Staying | null = null
  #isOver = false

  get isOver(): boolean {
    return this.#isOver
  }

  get signal(): AbortSignal {
    this.#controller ??= new AbortController()
    if (this.#isOver) this.#controller.abort(LEFT)
    return this.#controller.signal
  }

  /** @param request has the signal, and keeps it */
  asking(request: Request): Request {
    if (this.#controller) askedIn.set(request, this.#controller)
    return request
  }

  /** From here on this is what is closed. */
  staysFor(staying: Staying): void {
    this.#staying = staying
    if (this.#controller) this.#asked = new WeakRef(this.#controller)
    this.#controller = null
  }

  over(): void {
    if (this.#isOver) return
    this.#isOver = true
    const asked = this.#controller ?? this.#asked?.deref()
    asked?.abort(LEFT)
    this.#staying?.close()
  }
}

export function leavingOf(message: IncomingMessage, to: ServerResponse): Leaving {
  const leaving = new Leaving()
  const over = (): void => leaving.over()
  // Mounted behind something that took its time: then it has said so already.
  if (to.destroyed || isCut(message)) over()
  to.on('close', over)
  if (to.socket === null) tellPipelined(message.socket, to, over)
  return leaving
}

const waitingOn = new WeakMap<Socket, Set<() => void>>()

/**
 * A pipelined request has no socket of its own until those before it are answered, and never hears
 * that the connection is gone: the connection itself is asked, by one listener however many wait.
 */
function tellPipelined(socket: Socket, to: ServerResponse, over: () => void): void {
  const waiting = waitingOn.get(socket) ?? new Set()
  if (!waitingOn.has(socket)) {
    waitingOn.set(socket, waiting)
    socket.once('close', () => {
      for (const one of [...waiting]) one()
    })
  }
  waiting.add(over)
  to.once('close', () => waiting.delete(over))
}
