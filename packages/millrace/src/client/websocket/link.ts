import { MillraceError } from '../../event/error.ts'
import { decodeMessage } from '../../format/websocket.ts'
import { CLOSE, type ClientMessage, type ServerMessage } from '../../protocol/socket.ts'
import { codeOf } from '../../protocol/status.ts'
import type { Problem } from '../../protocol/wire.ts'
import { broken } from '../connection.ts'

/** A WebSocket as browsers have it, as little of it as is needed. */
export interface WebSocketLike {
  send(text: string): void
  close(): void
  addEventListener(type: 'message', listener: (event: { readonly data: unknown }) => void): void
  addEventListener(type: 'close', listener: (event: { readonly code: number }) => void): void
  addEventListener(type: 'error', listener: () => void): void
}

export type WebSocketConstructor = new (url: string) => WebSocketLike

/** What is told of one exchange; `null`: the connection broke. */
export type Listener = (message: ServerMessage | null) => void

/** One question and its answers. */
export interface Exchange {
  /** Says more about it. */
  say(type: 'unfollow' | 'pause' | 'resume'): void
  /** Nothing that follows is of interest. */
  over(): void
}

/** A socket that nothing needs is kept for so long, in ms. */
const LINGER = 5_000
/** Statuses below 500 after which the same may succeed. */
const PASSING = [408, 429]

/** One socket for all that is asked of one address: opened when something is, closed when nothing is any more. */
export class SocketLink {
  readonly #address: string
  readonly #WebSocket: WebSocketConstructor
  readonly #listeners = new Map<string, Listener>()
  #opening: Promise<void> | null = null
  /** Set while it is open. */
  #socket: WebSocketLike | null = null
  #linger: ReturnType<typeof setTimeout> | undefined
  #refs = 0

  constructor(address: string, WebSocket: WebSocketConstructor) {
    this.#address = address
    this.#WebSocket = WebSocket
  }

  /** @param token for a server that asks who this is */
  open(token: string | null): Promise<void> {
    return (this.#opening ??= this.#connect(token))
  }

  /** Says a message under a ref of its own, and tells `listener` all that is answered to it. It was {@link open}ed. */
  ask(message: (ref: string) => ClientMessage, listener: Listener): Exchange {
    const ref = String((this.#refs += 1))
    const say = (next: ClientMessage): void => {
      // Once it broke, the listener knows.
      if (this.#listeners.has(ref)) this.#socket?.send(JSON.stringify(next))
    }
    this.#listeners.set(ref, listener)
    clearTimeout(this.#linger)
    say(message(ref))
    return {
      say: (type) => say({ type, ref }),
      over: () => {
        if (this.#listeners.delete(ref)) this.#rest()
      },
    }
  }

  #rest(): void {
    clearTimeout(this.#linger)
    if (this.#listeners.size === 0) this.#linger = setTimeout(() => this.#socket?.close(), LINGER)
  }

  #connect(token: string | null): Promise<void> {
    return new Promise((resolve, reject) => {
      const socket = new this.#WebSocket(this.#address)
      const fail = (error: MillraceError): void => {
        socket.close()
        reject(error)
      }
      socket.addEventListener('message', ({ data }) => {
        const message = messageIn(data)
        if (message === null) fail(broken('What came is no message of this protocol.'))
        else if (message.type === 'ready') {
          this.#socket = socket
          this.#rest()
          resolve()
        } else if (message.type === 'auth') {
          if (token === null) fail(new MillraceError('unauthorized', 'The server asks who this is: give the client a token.'))
          else socket.send(JSON.stringify({ type: 'auth', token } satisfies ClientMessage))
        } else if (message.type === 'error' && message.ref === null) reject(refusalOf(message.problem))
        else this.#tell(message)
      })
      // What is wrong is told by the close that follows.
      socket.addEventListener('error', () => undefined)
      socket.addEventListener('close', ({ code }) => {
        reject(code === CLOSE.unauthorized ? new MillraceError('unauthorized', 'The server did not let this client in.') : broken('The socket was closed.'))
        this.#broke()
      })
    })
  }

  #tell(message: ServerMessage): void {
    if ('ref' in message) this.#listeners.get(message.ref ?? '')?.(message)
    else for (const listener of [...this.#listeners.values()]) listener(message)
  }

  #broke(): void {
    this.#opening = null
    this.#socket = null
    clearTimeout(this.#linger)
    const listeners = [...this.#listeners.values()]
    this.#listeners.clear()
    for (const listener of listeners) listener(null)
  }
}

/** What a problem means to the connection. */
export function refusalOf({ status, code, detail = `The server answered ${status}.` }: Problem): MillraceError {
  return new MillraceError(codeOf(status, code), detail, { retryable: status >= 500 || PASSING.includes(status) })
}

function messageIn(data: unknown): ServerMessage | null {
  try {
    return typeof data === 'string' ? (decodeMessage(data) as ServerMessage) : null
  } catch {
    return null
  }
}
