import { isEndStatus, type PublicErrorInfo, type RunStatus } from '../../event/run-event.ts'
import type { Snapshot } from '../../event/snapshot.ts'
import type { Turn } from '../../protocol/chat.ts'
import type { ChatMessage } from './chat.ts'
import type { KeyedRequest } from './chat-source.ts'
import type { Follower } from './follower.ts'

/** What an exchange shows before its answer said anything: the answer it takes the place of, where that is gone on with. */
export type Before = Pick<Turn, 'content' | 'sources'>
const NOTHING: Before = { content: '', sources: [] }

/** A question and its answer as they are shown: asked here or elsewhere, sent or not yet, under way or ended. */
export class Exchange {
  readonly id: string
  /** As it is sent, where it was asked here. */
  readonly request: KeyedRequest | null
  #query: string
  #turn: string | null = null
  #status: RunStatus | 'sending' | 'unsent'
  #before: Before
  #error: PublicErrorInfo | null = null
  #known: Turn | null = null
  #follower: Follower | null = null
  /** Whether the answer has said at least as much as was known of it before. */
  #hasCaughtUp = false
  #said: Snapshot | null = null
  #question: ChatMessage | null = null
  #answer: ChatMessage | null = null
  #isStopped = false

  private constructor(id: string, request: KeyedRequest | null, query: string, before: Before) {
    this.id = id
    this.request = request
    this.#query = query
    this.#status = 'sending'
    this.#before = before
  }

  /** @param before what is shown until the answer has said that again */
  static asked(request: KeyedRequest, query: string, before: Before = NOTHING): Exchange {
    return new Exchange(request.key, request, query, before)
  }

  static of(turn: Turn): Exchange {
    const exchange = new Exchange(turn.id, null, turn.query, turn)
    exchange.learn(turn)
    return exchange
  }

  get turn(): string | null {
    return this.#turn
  }

  get query(): string {
    return this.#query
  }

  /** `undefined` where only its place among others says it. */
  get parent(): string | null | undefined {
    return this.#known?.parent ?? this.request?.parent
  }

  get status(): RunStatus | 'sending' | 'unsent' {
    return this.#follower?.status ?? this.#status
  }

  get error(): PublicErrorInfo | null {
    return this.#error ?? this.#follower?.failure ?? null
  }

  /** What its run said, where it was followed. */
  get said(): Snapshot | null {
    return this.#follower?.snapshot() ?? this.#said
  }

  get follower(): Follower | null {
    return this.#follower
  }

  /** Whether its answer is, or will be, under way. */
  get isLive(): boolean {
    return this.#turn !== null && !isEndStatus(this.status as RunStatus)
  }

  /** Nobody wants it any more: it is not to be sent, or stopped as soon as it is taken. */
  stop(): void {
    this.#isStopped = true
  }

  wasStopped(): boolean {
    return this.#isStopped
  }

  send(): void {
    this.#isStopped = false
    this.#set('sending', null)
  }

  refuse(error: PublicErrorInfo | null): void {
    this.#set('unsent', error)
  }

  take(turn: string, status: RunStatus): void {
    this.#turn = turn
    // Where it ended before anybody here knew of it, what it said is still to be read.
    this.#set(isEndStatus(status) ? 'running' : status, null)
  }

  /** What the server says of it; of one that ended it said the same before. */
  learn(turn: Turn): void {
    if (this.#known !== null && isEndStatus(this.#known.status)) return
    this.#known = turn
    this.#turn = turn.id
    if (this.#query !== turn.query) this.#question = null
    this.#query = turn.query
    // Who follows the run knows more.
    if (this.#follower || this.#said) return
    this.#before = turn
    this.#set(turn.status, turn.error ?? null)
  }

  follow(follower: Follower): void {
    this.#follower = follower
  }

  /** Its run said something. */
  heard(): void {
    this.#answer = null
    const said = this.#follower?.snapshot()
    if (!said || !isEndStatus(said.status)) return
    this.#said = said
    this.#follower = null
    this.#set(said.status, said.error ?? null)
  }

  /** What is shown of the answer. */
  get answer(): Before {
    const { said } = this
    if (!said) return this.#before
    this.#hasCaughtUp ||= said.text.length >= this.#before.content.length || said.attempt > 1 || isEndStatus(said.status)
    return this.#hasCaughtUp ? { content: said.text, sources: said.sources } : this.#before
  }

  /** Its question, and its answer once it was sent. */
  messages(): readonly ChatMessage[] {
    this.#question ??= this.#showQuestion()
    if (this.#status === 'unsent') return [this.#question]
    return [this.#question, (this.#answer ??= this.#showAnswer())]
  }

  #set(status: RunStatus | 'sending' | 'unsent', error: PublicErrorInfo | null): void {
    this.#status = status
    this.#error = error
    this.#question = null
    this.#answer = null
  }

  #showQuestion(): ChatMessage {
    const status = this.#turn === null ? (this.#status as 'sending' | 'unsent') : 'sent'
    const error = status === 'unsent' && this.#error
    return { id: `${this.id}:question`, turn: this.#turn, role: 'user', content: this.#query, sources: NOTHING.sources, status, ...(error && { error }) }
  }

  #showAnswer(): ChatMessage {
    const { content, sources } = this.answer
    const { supersedes, model } = this.#known ?? this.request ?? {}
    const { error } = this
    return {
      id: `${this.id}:answer`, turn: this.#turn, role: 'assistant', content, sources, status: this.status,
      ...(error && { error }), ...(supersedes !== undefined && { supersedes }), ...(model !== undefined && { model }),
    }
  }
}
