import {
  CONVERSATIONS, TURNS, type ConversationInfo, type ConversationList, type ConversationRequest, type SessionReply, type SessionRequest,
  type TurnList, type TurnReply, type TurnRequest,
} from '../../protocol/chat.ts'
import type { Json, RunStatus } from '../../event/run-event.ts'
import { IDEMPOTENCY_KEY, PREFER, RESPOND_ASYNC } from '../../protocol/headers.ts'
import { reading } from '../follow.ts'
import { defaultHost } from '../host.ts'
import { newKey } from '../key.ts'
import { call, queryOf, type Access } from '../request.ts'
import { Run } from '../run.ts'
import { ChunkStream } from './chunk-stream.ts'
import { answerFrom, type ChatAnswer } from './chunks.ts'
import { checkContext, checkRequest, checkSession, checkTurn, type ChatContext, type ConversationContext } from './contexts.ts'
import { readingOver } from './fallback.ts'
import { Line } from './line.ts'
import { Sessions } from './sessions.ts'

export interface ChatClientOptions extends Access {
  /** Where the server has its chat. Default: `/chat`. */
  readonly path?: string
  /** Whether answers come by polls where something on the way swallows or kills streams. Default: true. */
  readonly fallback?: boolean
  /** How long, in ms, an opened stream may bring nothing before something must be swallowing it. Default: 8,000. */
  readonly patience?: number
}

export interface NewConversation extends ConversationRequest {
  /** The same key makes one conversation. Default: a random one. */
  readonly key?: string
  readonly signal?: AbortSignal
}

/** A question. Whether its answer is streamed says the call, so `stream` is ignored. */
export interface ChatRequest extends TurnRequest {
  /** The same key asks once, from any tab or device of the same user. Default: a random one. */
  readonly key?: string
  /** Leaves when it aborts; the answer goes on. */
  readonly signal?: AbortSignal
}

/** An answer that was asked for before. */
export interface TurnReading {
  readonly turn: string
  /** The cursor of a snapshot of it: only what follows. Then nothing stands in for a stream that does not come through. */
  readonly after?: string
  readonly signal?: AbortSignal
}

export interface PageOptions {
  readonly limit?: number
  /** `next` of the page before. */
  readonly before?: string
  readonly signal?: AbortSignal
}

export interface HistoryOptions {
  /** The turn to which the path leads: `next` of the page after, or the end of a branch. Default: the newest. */
  readonly at?: string
  readonly limit?: number
  readonly signal?: AbortSignal
}

export interface Asked {
  /** The run that answers. */
  readonly run: Run<Json>
  readonly reply: TurnReply
}

/** @throws of every call: MillraceError `invalid_request` for a context or request that cannot be meant, before anything is sent */
export interface ChatClient {
  /** Once its token no longer holds, a new session is made for all who use this one. */
  session(request: SessionRequest, signal?: AbortSignal): Promise<SessionReply>
  startConversation(context: ChatContext, request?: NewConversation): Promise<ConversationInfo>
  /** Asks, and waits for no answer. Repeated until it is known to have arrived, it is asked once. */
  ask(context: ConversationContext, request: ChatRequest): Promise<Asked>
  /**
   * The answer as it comes.
   *
   * @throws PublicError what the answer failed with, MillraceError `cancelled`, or `incomplete` where the rest cannot be had
   */
  chatStream(context: ConversationContext, request: ChatRequest | TurnReading): ChunkStream
  /** The same, whole. */
  chat(context: ConversationContext, request: ChatRequest | TurnReading): Promise<ChatAnswer>
  /** The run of a turn, under way or not. Asks nothing of the server yet. */
  open(context: ChatContext, turn: string): Run<Json>
  /** Stops an answer, for every reader. */
  cancel(context: ChatContext, turn: string): Promise<RunStatus>
  /** Newest first. */
  conversations(context: ChatContext, page?: PageOptions): Promise<ConversationList>
  /** Oldest first. */
  history(context: ConversationContext, page?: HistoryOptions): Promise<TurnList>
  rename(context: ConversationContext, title: string): Promise<void>
  remove(context: ConversationContext): Promise<void>
}

/** A client of the chat of the server at `baseUrl`: a path in a page, a whole URL elsewhere. */
export function createChatClient(baseUrl: string, options: ChatClientOptions = {}): ChatClient {
  const { path = '/chat', fallback = true, patience = 8_000, ...access } = options
  const base = baseUrl.replace(/\/$/, '')
  return new HttpChatClient(base, base + path, access, fallback ? new Line(access.host ?? defaultHost, patience) : null)
}

class HttpChatClient implements ChatClient {
  readonly #base: string
  readonly #chat: string
  readonly #sessions: Sessions
  readonly #line: Line | null

  /** @param line `null`: nothing stands in for streams */
  constructor(base: string, chat: string, access: Access, line: Line | null) {
    this.#base = base
    this.#chat = chat
    this.#sessions = new Sessions(chat, access)
    this.#line = line
  }

  async session(request: SessionRequest, signal?: AbortSignal): Promise<SessionReply> {
    checkSession(request)
    return this.#sessions.begin(request, signal)
  }

  async startConversation(context: ChatContext, { key = newKey(), signal, ...body }: NewConversation = {}): Promise<ConversationInfo> {
    checkContext(context)
    const headers = { [IDEMPOTENCY_KEY]: key }
    return call(this.#chat + CONVERSATIONS, { body, headers, signal }, this.#sessions.accessOf(context))
  }

  async ask(context: ConversationContext, request: ChatRequest): Promise<Asked> {
    const url = this.#conversation(context) + TURNS
    checkRequest(request)
    const { key = newKey(), signal, stream: _stream, ...body } = request
    const headers = { [IDEMPOTENCY_KEY]: key, [PREFER]: RESPOND_ASYNC }
    const reply = await call<TurnReply>(url, { body, headers, signal }, this.#sessions.accessOf(context))
    return { run: this.open(context, reply.id), reply }
  }

  chatStream(context: ConversationContext, request: ChatRequest | TurnReading): ChunkStream {
    return new ChunkStream(this.#run(context, request), request)
  }

  async chat(context: ConversationContext, request: ChatRequest | TurnReading): Promise<ChatAnswer> {
    const run = await this.#run(context, request)
    return answerFrom(await run.result)
  }

  open(context: ChatContext, turn: string): Run<Json> {
    checkContext(context)
    checkTurn(turn)
    return new Run<Json>(turn, this.#base, this.#sessions.accessOf(context), this.#line ? readingOver(this.#line) : reading)
  }

  async cancel(context: ChatContext, turn: string): Promise<RunStatus> {
    return this.open(context, turn).cancel()
  }

  async conversations(context: ChatContext, { signal, ...page }: PageOptions = {}): Promise<ConversationList> {
    checkContext(context)
    return call(this.#chat + CONVERSATIONS + queryOf(page), { signal }, this.#sessions.accessOf(context))
  }

  async history(context: ConversationContext, { signal, ...page }: HistoryOptions = {}): Promise<TurnList> {
    return call(this.#conversation(context) + TURNS + queryOf(page), { signal }, this.#sessions.accessOf(context))
  }

  async rename(context: ConversationContext, title: string): Promise<void> {
    await call(this.#conversation(context), { method: 'PATCH', body: { title } }, this.#sessions.accessOf(context))
  }

  async remove(context: ConversationContext): Promise<void> {
    await call(this.#conversation(context), { method: 'DELETE' }, this.#sessions.accessOf(context))
  }

  async #run(context: ConversationContext, request: ChatRequest | TurnReading): Promise<Run<Json>> {
    return 'turn' in request ? this.open(context, request.turn) : (await this.ask(context, request)).run
  }

  #conversation(context: ConversationContext): string {
    checkContext(context, 'conversationId')
    return `${this.#chat}${CONVERSATIONS}/${context.conversationId}`
  }
}
