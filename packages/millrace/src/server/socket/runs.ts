import { parseCursor, type Cursor } from '../../event/cursor.ts'
import { MillraceError } from '../../event/error.ts'
import { isEndStatus } from '../../event/run-event.ts'
import { framesMessage, websocket } from '../../format/websocket.ts'
import type { Json } from '../../event/run-event.ts'
import type { ClientMessage, ServerMessage } from '../../protocol/socket.ts'
import type { Problem, SignalRequest } from '../../protocol/wire.ts'
import type { RunRecord } from '../../store/store.ts'
import { ownRun, type Context } from '../context.ts'
import type { Encoding } from '../encoding.ts'
import { infoOf } from '../info.ts'
import { dialectNamed, encodingOf } from '../negotiate.ts'
import { ProgressStream, type ProgressEncoding } from '../progress/stream.ts'
import { openingAt, openLog } from '../respond.ts'
import { sendSignal } from '../run-routes.ts'
import type { StreamBody } from '../sink.ts'
import { checkKey } from '../start-route.ts'
import { SocketFollow } from './follow.ts'
import { readMessage, refOf } from './message.ts'
import { LOW_WATER } from './queue.ts'
import type { Socket } from './socket.ts'
import type { Asked, SocketTalk } from './talk.ts'

type RunMessage = Exclude<ClientMessage, { type: 'auth' }>
type Message<Type> = Extract<ClientMessage, { type: Type }>

/** One for all sockets: a snapshot is written once for all of them. */
const SNAPSHOTS: ProgressEncoding = { format: websocket, data: JSON.stringify, done: null }
const MAX_FOLLOWS = 100
const NOTHING = (): void => undefined
const WORDS = { stranger: { type: 'auth' }, welcome: { type: 'ready' }, heartbeat: { type: 'heartbeat' } } satisfies Record<string, ServerMessage>

/** The runs of one socket: what its messages ask of them, and what it follows. */
export class SocketRuns implements SocketTalk {
  readonly words: SocketTalk['words'] = WORDS
  readonly #context: Context
  readonly #socket: Socket
  readonly #say: (message: ServerMessage) => void
  readonly #follows = new Map<string, SocketFollow>()
  #closed = false

  constructor(context: Context, socket: Socket, say: (message: ServerMessage) => void) {
    this.#context = context
    this.#socket = socket
    this.#say = say
  }

  read(said: Json): Asked {
    const message = readMessage(said)
    return message.type === 'auth' ? { token: message.token } : { act: (principal) => this.#act(principal, message) }
  }

  refusal(problem: Problem, message: Json): ServerMessage {
    return { type: 'error', ref: refOf(message), problem }
  }

  async #act(principal: string, message: RunMessage): Promise<void> {
    switch (message.type) {
      case 'start':
        return this.#start(principal, message)
      case 'follow':
        return this.#follow(principal, message)
      case 'progress':
        return this.#progress(principal, message)
      case 'unfollow':
        return this.#follows.get(message.ref)?.leave()
      case 'pause':
        return this.#follows.get(message.ref)?.pause()
      case 'resume':
        return this.#follows.get(message.ref)?.resume()
      case 'cancel':
        return this.#signal(principal, message, { type: 'cancel' })
      case 'signal':
        return this.#signal(principal, message, message.signal)
    }
  }

  /** Those held back by the socket go on once half of what waited is taken, one after another, as far as there is room. */
  drain(): void {
    if (this.#socket.buffered > LOW_WATER) return
    for (const follow of [...this.#follows.values()]) follow.drain()
  }

  close(): void {
    this.#closed = true
    for (const follow of [...this.#follows.values()]) follow.leave()
  }

  /** The follow's place is taken first: whom the limit refuses has not paid for a run. */
  async #start(principal: string, { ref, kind, input, key, follow, dialect }: Message<'start'>): Promise<void> {
    const encoding = this.#encoding(dialect)
    const place = follow ? this.#place(principal, ref) : NOTHING
    try {
      const { record, created } = await this.#context.worker.start(kind, input, { principal, key: checkKey(key) })
      this.#say({ type: 'started', ref, run: { ...infoOf(record), created } })
      if (follow) await this.#open(ref, record, encoding, null, place)
    } catch (error) {
      place()
      throw error
    }
  }

  async #follow(principal: string, { ref, run, after = '', dialect }: Message<'follow'>): Promise<void> {
    const encoding = this.#encoding(dialect)
    const cursor = after === '' ? null : parseCursor(after)
    const place = this.#place(principal, ref)
    try {
      await this.#open(ref, await ownRun(this.#context, principal, run), encoding, cursor, place)
    } catch (error) {
      place()
      throw error
    }
  }

  /** What `GET /progress/:group` streams; whoever comes again needs nothing of what it missed, so there is no cursor to come back with. */
  async #progress(principal: string, { ref, group }: Message<'progress'>): Promise<void> {
    const place = this.#place(principal, ref)
    try {
      const { groups, heartbeats } = this.#context
      this.#carry(ref, new ProgressStream(await groups.at(principal, group), SNAPSHOTS, heartbeats, -1, this.#leaving(ref, place)))
    } catch (error) {
      place()
      throw error
    }
  }

  async #signal(principal: string, { ref, run }: { readonly ref: string; readonly run: string }, signal: SignalRequest): Promise<void> {
    const { id, status } = await sendSignal(this.#context, await ownRun(this.#context, principal, run), signal)
    this.#say({ type: 'status', ref, run: { id, status } })
  }

  async #open(ref: string, record: RunRecord, encoding: Encoding, cursor: Cursor | null, place: () => void): Promise<void> {
    const opening = openingAt(record, encoding, cursor)
    if (opening === null) {
      place()
      if (isEndStatus(record.status)) this.#say({ type: 'end', ref, status: record.status })
      return
    }
    this.#carry(ref, await openLog(this.#context, record, encoding, opening, this.#leaving(ref, place)))
  }

  #leaving(ref: string, place: () => void): () => void {
    return () => {
      this.#follows.delete(ref)
      place()
    }
  }

  #carry(ref: string, stream: StreamBody): void {
    if (this.#closed) {
      stream.discard()
      return
    }
    // It may be silent for long: that it was found is said at once.
    this.#say({ type: 'following', ref })
    const follow = new SocketFollow(this.#socket, {
      frames: (bytes) => this.#socket.send(framesMessage(ref, bytes)),
      end: () => this.#say({ type: 'end', ref }),
      cut: () => this.#say({ type: 'cut', ref }),
    })
    this.#follows.set(ref, follow)
    follow.open(stream)
  }

  #encoding(dialect: string | undefined): Encoding {
    return encodingOf(dialectNamed(dialect ?? null, this.#context.dialects), 'websocket')
  }

  #place(principal: string, ref: string): () => void {
    if (this.#follows.has(ref)) throw new MillraceError('invalid_request', 'This `ref` follows something already.')
    if (this.#follows.size >= MAX_FOLLOWS) throw new MillraceError('too_many_streams', `One socket has at most ${String(MAX_FOLLOWS)} follows.`)
    return this.#context.quota?.take(principal) ?? NOTHING
  }
}
