import { MillraceError } from '../../event/error.ts'
import { decodeMessage } from '../../format/websocket.ts'
import { CLOSE, type ClientMessage, type ServerMessage } from '../../protocol/socket.ts'
import { codeOf } from '../../protocol/status.ts'
import type { Problem } from '../../protocol/wire.ts'
import { broken, STALL } from '../connection.ts'

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
/** Silence after which no new attempt is made on it, in ms: two heartbeats. An attempt is given up 10 s later: it began before its newest word came. */
const SILENCE = STALL - 10_000
/** Statuses below 500 after which the same may succeed. */
const PASSING = [408, 429]

/** One socket for all that is asked of one address in one name, as long as something is; then it is over, as when it breaks. */
export class SocketLink {
  /** False: it was closed before the server said a word, so none is to be had there. Rejects with why it may not be used. */
  readonly opened: Promise<boolean>
  readonly #socket: WebSocketLike
  readonly #token: string | null
  readonly #onOver: () => void
  readonly #listeners = new Map<string, Listener>()
  #open: (isOpen: boolean) => void = () => undefined
  #refuse: (error: MillraceError) => void = () => undefined
  #linger: ReturnType<typeof setTimeout> | undefined
  /** When something last came. */
  #heard = performance.now()
  #hasSpoken = false
  #refs = 0
  /** Whether all is said that is to be said of who this is. */
  #isNamed: boolean
  #isOpen = false
  #isOver = false

  /** @param token in whose name; `null`: in that of whom the upgrade itself names */
  constructor(socket: WebSocketLike, token: string | null, onOver: () => void) {
    this.#socket = socket
    this.#token = token
    this.#isNamed = token === null
    this.#onOver = onOver
    this.opened = new Promise((resolve, reject) => {
      this.#open = resolve
      this.#refuse = reject
    })
    socket.addEventListener('message', ({ data }) => this.#receive(data))
    // What is wrong is told by the close that follows.
    socket.addEventListener('error', () => undefined)
    socket.addEventListener('close', ({ code }) => {
      if (!this.#hasSpoken) this.#open(false)
      this.end(code === CLOSE.unauthorized ? new MillraceError('unauthorized', 'The server did not let this client in.') : broken('The socket was closed.'))
    })
  }

  /** A network that is lost without a word leaves a socket open for many minutes, and swallows what is said on it. */
  get isSilent(): boolean {
    return performance.now() - this.#heard >= SILENCE
  }

  /** Says a message under a ref of its own, and tells `listener` all that is answered to it. It was {@link opened}. */
  ask(message: (ref: string) => ClientMessage, listener: Listener): Exchange {
    const ref = String((this.#refs += 1))
    const say = (next: ClientMessage): void => {
      // Once it broke, the listener knows.
      if (this.#listeners.has(ref)) this.#say(next)
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

  /** Nothing more is said or heard on it. */
  end(error: MillraceError): void {
    if (this.#isOver) return
    this.#isOver = true
    clearTimeout(this.#linger)
    this.#onOver()
    this.#socket.close()
    this.#refuse(error)
    const listeners = [...this.#listeners.values()]
    this.#listeners.clear()
    for (const listener of listeners) listener(null)
  }

  #say(message: ClientMessage): void {
    this.#socket.send(JSON.stringify(message))
  }

  #rest(): void {
    clearTimeout(this.#linger)
    if (this.#listeners.size === 0) this.#linger = setTimeout(() => this.end(broken('Nothing was asked.')), LINGER)
  }

  #receive(data: unknown): void {
    if (this.#isOver) return
    this.#heard = performance.now()
    this.#hasSpoken = true
    const message = messageIn(data)
    if (message === null) this.end(broken('What came is no message of this protocol.'))
    else if (message.type === 'ready' || message.type === 'auth') this.#enter(message.type)
    else if (message.type === 'error' && message.ref === null) this.#refused(refusalOf(message.problem))
    else this.#tell(message)
  }

  /** A token is also said where the upgrade named somebody (by a cookie, say), who may be somebody else. */
  #enter(type: 'ready' | 'auth'): void {
    if (this.#isNamed && type === 'ready') {
      this.#isOpen = true
      this.#rest()
      this.#open(true)
    } else if (this.#token === null) this.end(new MillraceError('unauthorized', 'The server asks who this is: give the client a token.'))
    else {
      this.#isNamed = true
      this.#say({ type: 'auth', token: this.#token })
    }
  }

  /** One that is open goes on: what the server failed at it tries again. */
  #refused(error: MillraceError): void {
    if (!this.#isOpen) this.end(error)
  }

  #tell(message: ServerMessage): void {
    if ('ref' in message) this.#listeners.get(message.ref ?? '')?.(message)
    else for (const listener of [...this.#listeners.values()]) listener(message)
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
