import { MillraceError } from '../../event/error.ts'
import type { Json } from '../../event/run-event.ts'
import { CLOSE, MAX_MESSAGE } from '../../protocol/socket.ts'
import type { Problem } from '../../protocol/wire.ts'
import type { Context, OpenSocket } from '../context.ts'
import type { Beating } from '../heartbeat.ts'
import { problemOf } from '../problem.ts'
import { parseJson } from '../request-body.ts'
import type { SocketLogin } from './login.ts'
import { SocketQueue } from './queue.ts'
import { MessageRate } from './rate.ts'
import type { Socket, SocketListener } from './socket.ts'
import type { BeginTalk, SocketTalk } from './talk.ts'

/** How long nobody may be named, in ms. */
const LOGIN_TIME = 10_000
/** Heartbeats in which nothing was heard or taken: then nobody is there. */
const DEAD_AFTER = 2
/** Heartbeats after which the login is asked again. */
const LOGIN_CHECK = 4

const NO_MESSAGE = (): null => null

const encoder = new TextEncoder()

/** One WebSocket from its upgrade to its close, whatever is talked about on it (PROTOCOL.md §9). */
export class SocketSession implements SocketListener, Beating, OpenSocket {
  lastSent = 0
  readonly #context: Context
  readonly #login: SocketLogin
  readonly #socket: Socket
  readonly #queue: SocketQueue
  readonly #talk: SocketTalk
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

  constructor(context: Context, login: SocketLogin, socket: Socket, begin: BeginTalk) {
    this.#context = context
    this.#login = login
    this.#socket = socket
    this.#queue = new SocketQueue(socket)
    this.#talk = begin((message) => this.#say(message))
    this.#deadline = setTimeout(() => this.#end(CLOSE.unauthorized, 'Nobody was named in time.'), LOGIN_TIME)
    context.sockets.add(this)
    context.heartbeats.add(this)
    this.#queue.add(() => this.#answered(NO_MESSAGE, () => this.#enter()))
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
    this.#talk.drain()
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
    this.#talk.close()
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
    this.#say(this.#talk.words.heartbeat)
    this.#beats += 1
    if (this.#beats % LOGIN_CHECK === 0) this.#queue.add(() => this.#answered(NO_MESSAGE, () => this.#checkLogin()))
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
    this.#say(this.#talk.words.stranger)
  }

  #admit(): void {
    if (this.#closed) return
    this.#place ??= this.#context.quota?.take(this.#login.principal ?? '') ?? ((): void => undefined)
    this.#context.strangers.delete(this)
    clearTimeout(this.#deadline)
    this.#callOff?.()
    this.#callOff = this.#context.deadlines.at(this.#login.expiresAt, () => this.#end(CLOSE.unauthorized, 'The token no longer holds.'))
    this.#say(this.#talk.words.welcome)
  }

  async #checkLogin(): Promise<void> {
    if (this.#login.principal !== null && !(await this.#login.holds())) this.#end(CLOSE.unauthorized, 'The token no longer holds.')
  }

  async #take(text: string): Promise<void> {
    let message: Json = null
    await this.#answered(() => message, async () => {
      message = parseJson(text, this.#context.limits.depth)
      const { token, act } = this.#talk.read(message)
      if (token !== undefined) {
        await this.#login.take(token)
        this.#admit()
      }
      if (!act) return
      const { principal } = this.#login
      if (principal === null) throw new MillraceError('unauthorized', 'Say who you are first.')
      await act(principal)
    })
  }

  /** Does it, or says why not. Who is not let in has nothing more to say. */
  async #answered(message: () => Json, work: () => Promise<void>): Promise<void> {
    try {
      await work()
    } catch (error) {
      if (this.#closed) return
      const problem = problemOf(error, this.#context.logger)
      this.#say(this.#talk.refusal(problem, message()))
      if (this.#place === null) this.#end(closeCodeOf(problem), problem.title)
    }
  }

  #say(message: object | null): void {
    if (!this.#closed && message !== null) this.#socket.send(encoder.encode(JSON.stringify(message)))
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
