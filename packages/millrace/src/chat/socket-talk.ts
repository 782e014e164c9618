import { chunk } from '../dialect/chunk.ts'
import { MillraceError } from '../event/error.ts'
import type { Json } from '../event/run-event.ts'
import type { Problem } from '../protocol/wire.ts'
import { ownRun, type Context } from '../server/context.ts'
import { encodingOf } from '../server/negotiate.ts'
import { problemOf } from '../server/problem.ts'
import { openingAt, openLog } from '../server/respond.ts'
import type { StreamBody } from '../server/sink.ts'
import { SocketFollow } from '../server/socket/follow.ts'
import { LOW_WATER } from '../server/socket/queue.ts'
import type { Socket } from '../server/socket/socket.ts'
import type { Asked, SocketTalk } from '../server/socket/talk.ts'
import type { RunRecord } from '../store/store.ts'
import { ask } from './ask.ts'
import { ownConversation } from './conversation-routes.ts'
import type { Chat } from './settings.ts'
import { readChatMessage, type Wish } from './socket-message.ts'

/** The same lines that are sent over HTTP, so that one encoding serves both. */
const LINES = encodingOf(chunk, 'ndjson')
const LINE_FEED = 0x0a
/** Questions of one socket that wait for the answer before them. */
const MOST_WAITING = 16
const NOTHING = (): void => undefined

const SILENCE = { isComplete: false, metadata: { type: 'heartbeat' } }
const CUT = { error: { code: 'incomplete', message: 'The stream was cut. Read on: send its `turn`, and its newest `cursor` as `after`.' }, isComplete: false }

/** Questions and their answers on one socket, one after another; each message of ours is one chunk. */
export class ChatTalk implements SocketTalk {
  readonly words: SocketTalk['words'] = { stranger: null, welcome: null, heartbeat: SILENCE }
  readonly #context: Context
  readonly #chat: Chat
  readonly #socket: Socket
  readonly #say: (message: object) => void
  readonly #waiting: { readonly principal: string; readonly wish: Wish }[] = []
  /** The turn that is being answered, or is about to be. */
  #turn: Promise<RunRecord> | null = null
  #answer: SocketFollow | null = null
  #busy = false
  #closed = false

  constructor(context: Context, chat: Chat, socket: Socket, say: (message: object) => void) {
    this.#context = context
    this.#chat = chat
    this.#socket = socket
    this.#say = say
  }

  read(message: Json): Asked {
    const { token, wish } = readChatMessage(message)
    if (wish === null) return { token }
    return { token, act: (principal) => (wish === 'cancel' ? this.#cancel() : this.#take(principal, wish)) }
  }

  refusal({ status, code, detail, title }: Problem): object {
    return chunk.refusal?.({ status, code, message: detail ?? title }) ?? {}
  }

  drain(): void {
    if (this.#socket.buffered <= LOW_WATER) this.#answer?.drain()
  }

  close(): void {
    this.#closed = true
    this.#waiting.length = 0
    this.#answer?.leave()
  }

  /** Never waits for the answer: what else the socket says, a cancel say, overtakes it. */
  async #take(principal: string, wish: Wish): Promise<void> {
    if (this.#waiting.length >= MOST_WAITING) throw new MillraceError('busy', `At most ${String(MOST_WAITING)} questions wait on one socket.`)
    this.#waiting.push({ principal, wish })
    if (!this.#busy) void this.#go()
  }

  async #go(): Promise<void> {
    this.#busy = true
    for (let next = this.#waiting.shift(); next; next = this.#waiting.shift()) {
      try {
        await this.#answerTo(next.principal, next.wish)
      } catch (error) {
        this.#say(this.refusal(problemOf(error, this.#context.logger)))
      }
    }
    this.#busy = false
  }

  async #cancel(): Promise<void> {
    // Whoever asked is told why there is no turn.
    const turn = await this.#turn?.catch(NOTHING)
    if (turn) await this.#context.worker.cancel(turn.id)
  }

  async #turnOf(principal: string, wish: Wish): Promise<RunRecord> {
    if ('turn' in wish) return this.#own(principal, wish.turn)
    const conversation = await ownConversation(this.#context, principal, wish.conversationId)
    return (await ask(this.#context, this.#chat, conversation, wish.wanted, wish.key)).record
  }

  async #own(principal: string, id: string): Promise<RunRecord> {
    const record = await ownRun(this.#context, principal, id)
    if (record.kind === this.#chat.kind) return record
    throw new MillraceError('not_found', 'There is no such turn.')
  }

  /** Resolves when all of it was said. The stream's place is taken first: whom the limit refuses has not paid for an answer. */
  async #answerTo(principal: string, wish: Wish): Promise<void> {
    const place = this.#context.quota?.take(principal) ?? NOTHING
    try {
      this.#turn = this.#turnOf(principal, wish)
      const turn = await this.#turn
      const opening = openingAt(turn, LINES, 'turn' in wish ? wish.after : null)
      if (opening !== null) await this.#carried(await openLog(this.#context, turn, LINES, opening, place))
      else this.#say({ isComplete: turn.status === 'completed', metadata: { type: 'end', status: turn.status } })
    } finally {
      this.#turn = null
      this.#answer = null
      place()
    }
  }

  #carried(stream: StreamBody): Promise<void> {
    return new Promise((resolve) => {
      if (this.#closed) {
        stream.discard()
        resolve()
        return
      }
      this.#answer = new SocketFollow(this.#socket, {
        frames: (bytes) => this.#sendLines(bytes),
        end: resolve,
        cut: () => {
          this.#say(CUT)
          resolve()
        },
      })
      this.#answer.open(stream)
    })
  }

  /** Each line is a message; an empty one is a heartbeat of its own, of which the socket has one. */
  #sendLines(bytes: Uint8Array): void {
    for (let from = 0; from < bytes.length; ) {
      const at = bytes.indexOf(LINE_FEED, from)
      const end = at === -1 ? bytes.length : at
      if (end > from) this.#socket.send(bytes.subarray(from, end))
      from = end + 1
    }
  }
}
