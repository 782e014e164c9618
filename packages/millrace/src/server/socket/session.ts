import { MillraceError } from '../../event/error.ts'
import { CLOSE, MAX_MESSAGE, type ClientMessage, type ServerMessage } from '../../protocol/socket.ts'
import type { Problem } from '../../protocol/wire.ts'
import type { Context, OpenSocket } from '../context.ts'
import type { Beating } from '../heartbeat.ts'
import { problemOf } from '../problem.ts'
import { parseJson } from '../request-body.ts'
import type { SocketLogin } from './login.ts'
import { readMessage, refOf } from './message.ts'
import { SocketQueue } from './queue.ts'
import { MessageRate } from './rate.ts'
import { SocketRuns } from './runs.ts'
import type { Socket, SocketListener } from './socket.ts'

/** How long nobody may be named, in ms. */
const LOGIN_TIME = 10_000
/** Heartbeats in which nothing was heard or taken: then nobody is there. */
const DEAD_AFTER = 2
/** Heartbeats after which the login is asked again. */
const LOGIN_CHECK = 4

const NO_REF = (): null => null

const encoder = new TextEncoder()

/** One WebSocket from its upgrade to its close (PROTOCOL.md §9). */
export class SocketSession implements SocketListener, Beating, OpenSocket {
  lastSent = 0
  readonly #context: Context
  readonly #login: SocketLogin
  readonly #socket: Socket
  readonly #queue: SocketQueue
  readonly #runs: SocketRuns
  readonly #rate = new MessageRate(performance.now())
  readonly #deadline: ReturnType<typeof setTimeout>
  /** Gives its place back; `null` until it is let in. */
  #place: (() => void) | null = null
  /** Calls off its end at the time when its token runs out. */
  #callOff: (() => void) | null = null
  #heard = true
  /** Something waited at the newest heartbeat. */
  #backlog = false
  #silent = 0
  #beats = 0
  #closed = false

  constructor(context: Context, login: SocketLogin, socket: Socket) {
    this.#context = context
    this.#login = login
    this.#socket = socket
    this.#queue = new SocketQueue(socket)
    this.#runs = new SocketRuns(context, socket, (message) => this.#say(message))
    this.#deadline = setTimeout(() => this.#end(CLOSE.unauthorized, 'Nobody was named in time.'), LOGIN_TIME)
    context.sockets.add(this)
    context.heartbeats.add(this)
    this.#queue.add(() => this.#answered(NO_REF, () => this.#enter()))
  }

  message(text: string | null): void {
    this.#heard = true
    if (this.#closed) return
    if (text === null) this.#end(CLOSE.binary, 'Only text messages are taken.')
    else if (text.length > MAX_MESSAGE) this.#end(CLOSE.tooLarge, 'The message is too large.')
    else if (!this.#rate.allows(performance.now())) this.#end(CLOSE.tooMany, 'Too many messages.')
    else this.#queue.add(() => this.#take(text))
  }

  pong(): void {
    this.#heard = true
  }

  drain(): void {
    if (this.#closed) return
    // Its pong is behind all that waits. Without a backlog it is the kernel that took it, for a peer long gone too.
    if (this.#backlog) this.#heard = true
    this.#runs.drain()
    void this.#queue.go()
  }

  closed(): void {
    if (this.#closed) return
    this.#closed = true
    clearTimeout(this.#deadline)
    this.#callOff?.()
    this.#context.sockets.delete(this)
    this.#context.strangers.delete(this)
    this.#context.heartbeats.remove(this)
    this.#queue.close()
    this.#runs.close()
    this.#place?.()
  }

  leave(): void {
    this.#end(CLOSE.restart, 'The server is going away.')
  }

  beat(): void {
    this.#silent = this.#heard ? 0 : this.#silent + 1
    if (this.#silent >= DEAD_AFTER) {
      this.#socket.terminate()
      this.closed()
      return
    }
    this.#heard = false
    this.#backlog = this.#socket.buffered > 0
    this.#socket.ping()
    this.#say({ type: 'heartbeat' })
    this.#beats += 1
    if (this.#beats % LOGIN_CHECK === 0) this.#queue.add(() => this.#answered(NO_REF, () => this.#checkLogin()))
  }

  async #enter(): Promise<void> {
    if (await this.#login.enter()) this.#admit()
    else this.#ask()
  }

  /** Nobody's limit of streams bounds how many there are of whom nothing is known. */
  #ask(): void {
    const { strangers, limits } = this.#context
    if (strangers.size >= limits.strangers) this.#end(CLOSE.tooMany, 'Too many have yet to say who they are.')
    if (this.#closed) return
    strangers.add(this)
    this.#say({ type: 'auth' })
  }

  #admit(): void {
    if (this.#closed) return
    this.#place ??= this.#context.quota?.take(this.#login.principal ?? '') ?? ((): void => undefined)
    this.#context.strangers.delete(this)
    clearTimeout(this.#deadline)
    this.#callOff?.()
    this.#callOff = this.#context.deadlines.at(this.#login.expiresAt, () => this.#end(CLOSE.unauthorized, 'The token no longer holds.'))
    this.#say({ type: 'ready' })
  }

  async #checkLogin(): Promise<void> {
    if (this.#login.principal !== null && !(await this.#login.holds())) this.#end(CLOSE.unauthorized, 'The token no longer holds.')
  }

  async #take(text: string): Promise<void> {
    let ref: string | null = null
    await this.#answered(() => ref, async () => {
      const message = parseJson(text, this.#context.limits.depth)
      ref = refOf(message)
      await this.#act(readMessage(message))
    })
  }

  async #act(message: ClientMessage): Promise<void> {
    const { principal } = this.#login
    if (message.type === 'auth') {
      await this.#login.take(message.token)
      this.#admit()
    } else if (principal === null) throw new MillraceError('unauthorized', 'Say who you are first.')
    else await this.#runs.act(principal, message)
  }

  /** Does it, or says why not. Who is not let in has nothing more to say. */
  async #answered(ref: () => string | null, work: () => Promise<void>): Promise<void> {
    try {
      await work()
    } catch (error) {
      if (this.#closed) return
      const problem = problemOf(error, this.#context.logger)
      this.#say({ type: 'error', ref: ref(), problem })
      if (this.#place === null) this.#end(closeCodeOf(problem), problem.title)
    }
  }

  #say(message: ServerMessage): void {
    if (!this.#closed) this.#socket.send(encoder.encode(JSON.stringify(message)))
  }

  #end(code: number, reason: string): void {
    if (this.#closed) return
    this.#socket.close(code, reason)
    this.closed()
  }
}

/** Why somebody was not let in: it is busy here, something failed here, or nobody was named. */
function closeCodeOf({ status }: Problem): number {
  if (status === 429) return CLOSE.tooMany
  return status >= 500 ? CLOSE.failed : CLOSE.unauthorized
}
