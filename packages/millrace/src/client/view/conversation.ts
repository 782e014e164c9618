import { hasCode, type MillraceError } from '../../event/error.ts'
import type { TurnList, TurnRequest } from '../../protocol/chat.ts'
import { newKey } from '../key.ts'
import type { ChatContext, ConversationContext } from '../chat/contexts.ts'
import type { ChatSource } from './chat-source.ts'
import { Exchange, type Before } from './exchange.ts'
import { failureOf } from './failure.ts'
import { Follower } from './follower.ts'
import { EMPTY, withEarlier, withNewest, type Path } from './path.ts'

/** What a conversation asks of the view around it. */
export interface Surroundings {
  readonly conversationId: string | null
  readonly context: () => ChatContext | Promise<ChatContext>
  readonly onConversation: (id: string) => void
  /** Something else is to be shown: with the next frame, or at once. */
  readonly onChange: (isUrgent: boolean) => void
}

type Ask = Omit<TurnRequest, 'stream' | 'parent'>

/** A conversation as far as it is known, and what can be done with it. */
export class Conversation {
  readonly #chat: ChatSource
  readonly #around: Surroundings
  /** That under which it is made: once, whoever asks how often. */
  readonly #key: string = newKey()
  #id: string | null
  #path: Path = EMPTY
  #failure: MillraceError | null = null
  /** Why what was said cannot be had. */
  #blindness: MillraceError | null = null
  /** While somebody looks at it. */
  #life: AbortController | null = null
  #looking: Promise<void> | null = null
  #isLoading: boolean
  /** How many questions were taken: what was looked up before one says nothing after it. */
  #taken = 0
  /** Questions go one after another, in their order. */
  #sending: Promise<unknown> = Promise.resolve()
  /** Keys of answers that were to take the place of others and perhaps do, by what was asked: nothing is paid for twice. */
  readonly #unsure = new Map<string, string>()

  constructor(chat: ChatSource, around: Surroundings) {
    this.#chat = chat
    this.#around = around
    this.#id = around.conversationId
    this.#isLoading = this.#id !== null
  }

  get id(): string | null {
    return this.#id
  }

  get path(): Path {
    return this.#path
  }

  get isLoading(): boolean {
    return this.#isLoading
  }

  /** Why what was done last did not succeed. */
  get failure(): MillraceError | null {
    return this.#failure ?? this.#blindness
  }

  begin(): void {
    this.#life = new AbortController()
    this.#isLoading = this.#id !== null && this.#path.exchanges.length === 0
    void this.look()
  }

  /** Drops every connection, and stops no answer. A question on its way arrives. */
  leave(): void {
    this.#life?.abort()
    this.#life = null
    this.#looking = null
    for (const { follower } of this.#path.exchanges) follower?.leave()
  }

  /** Looks whether there is anything new, and reads on what is under way. */
  look(): Promise<void> {
    this.#followNext()
    const looking = (this.#looking ??= this.#look(this.#life?.signal).finally(() => {
      if (this.#looking === looking) this.#looking = null
    }))
    return looking
  }

  async #look(signal: AbortSignal | undefined): Promise<void> {
    for (;;) {
      // A page that was asked for before a question was taken may not know of it.
      await this.#sending
      const taken = this.#taken
      const page = await this.#read((name) => this.#chat.history(name, { ...(signal && { signal }) }), signal)
      if (page === null) return
      if (taken !== this.#taken || this.#path.exchanges.some(({ status }) => status === 'sending')) continue
      this.#show(withNewest(this.#path, page))
      return
    }
  }

  async loadEarlier(): Promise<void> {
    const { earlier: at } = this.#path
    if (at === null || this.#isLoading) return
    this.#isLoading = true
    this.#around.onChange(true)
    const { signal } = this.#life ?? {}
    const page = await this.#read((name) => this.#chat.history(name, { at, ...(signal && { signal }) }), signal)
    if (page && this.#path.earlier === at) this.#show(withEarlier(this.#path, page))
  }

  /** Asks behind all that is shown. */
  async send(query: string, ask: Ask): Promise<void> {
    const exchange = Exchange.asked({ ...ask, query, key: newKey() }, query)
    this.#show({ ...this.#path, exchanges: [...this.#path.exchanges, exchange] })
    await this.#queue(exchange)
  }

  async resend(exchange: Exchange): Promise<void> {
    if (exchange.status !== 'unsent') return
    exchange.send()
    this.#show(this.#path)
    await this.#queue(exchange)
  }

  /**
   * Asks in the place of one that is shown: that and what follows it give way, and come back where it is not taken.
   * @param before what is shown until the new answer has said it again
   */
  async replace(old: Exchange, query: string, ask: Ask, before?: Before): Promise<void> {
    const former = this.#path
    const wanted = JSON.stringify(ask)
    const key = this.#unsure.get(wanted) ?? newKey()
    this.#unsure.set(wanted, key)
    const exchange = Exchange.asked({ ...ask, key }, query, before)
    this.#show({ ...former, exchanges: [...former.exchanges.slice(0, former.exchanges.indexOf(old)), exchange] })
    if (await this.#queue(exchange)) this.#unsure.delete(wanted)
    else if (this.#path.exchanges.includes(exchange)) this.#show(former)
  }

  async stop(): Promise<void> {
    const { exchanges } = this.#path
    for (const exchange of exchanges) if (exchange.status === 'sending') exchange.stop()
    // The newest first: none that waits for another is to begin.
    const turns = exchanges.filter(({ isLive }) => isLive).map(({ turn }) => turn).reverse()
    try {
      for (const turn of turns) await this.#cancel(turn)
    } catch (error) {
      this.#fail(error)
    }
  }

  async #cancel(turn: string | null): Promise<void> {
    const name = await this.#name()
    if (name && turn !== null) await this.#chat.open(name, turn).cancel()
  }

  /** Says whether it was taken. */
  #queue(exchange: Exchange): Promise<boolean> {
    this.#failure = null
    const sent = this.#sending.then(() => this.#send(exchange))
    this.#sending = sent
    return sent
  }

  async #send(exchange: Exchange): Promise<boolean> {
    const { request } = exchange
    if (request === null) return false
    try {
      const name = (await this.#name()) ?? (await this.#start())
      if (exchange.wasStopped()) return this.#refuse(exchange, null)
      const { run, reply } = await this.#chat.ask(name, request)
      this.#taken += 1
      exchange.take(reply.id, reply.status)
      if (exchange.wasStopped()) void run.cancel().catch((error: unknown) => this.#fail(error))
      // It stands elsewhere already, or it is another question that is being answered.
      if (!reply.created) this.#meet(exchange)
      this.#show(this.#path)
      return true
    } catch (error) {
      if (hasCode(error, 'busy')) void this.look()
      return this.#refuse(exchange, failureOf(error))
    }
  }

  #refuse(exchange: Exchange, error: MillraceError | null): false {
    exchange.refuse(error)
    this.#failure = error
    this.#show(this.#path)
    return false
  }

  #meet(exchange: Exchange): void {
    const { exchanges } = this.#path
    const isShown = exchanges.some((one) => one !== exchange && one.turn === exchange.turn)
    if (isShown) this.#path = { ...this.#path, exchanges: exchanges.filter((one) => one !== exchange) }
    void this.look()
  }

  /** In whose name it is spoken of; `null` before there is one to speak of. */
  async #name(): Promise<ConversationContext | null> {
    const context = await this.#around.context()
    return this.#id === null ? null : { ...context, conversationId: this.#id }
  }

  async #start(): Promise<ConversationContext> {
    const context = await this.#around.context()
    const { conversationId } = await this.#chat.startConversation(context, { key: this.#key })
    this.#id = conversationId
    this.#around.onChange(true)
    this.#around.onConversation(conversationId)
    return { ...context, conversationId }
  }

  /** A page of what was said; `null` where it cannot be had, or nobody wants it any more. */
  async #read(ask: (name: ConversationContext) => Promise<TurnList>, signal: AbortSignal | undefined): Promise<TurnList | null> {
    try {
      const name = await this.#name()
      const page = name && (await ask(name))
      if (signal?.aborted) return null
      this.#blindness = null
      return page
    } catch (error) {
      if (!signal?.aborted) this.#blindness = failureOf(error)
      return null
    } finally {
      this.#isLoading = false
      this.#around.onChange(false)
    }
  }

  #fail(error: unknown): void {
    this.#failure = failureOf(error)
    this.#around.onChange(true)
  }

  #show(path: Path): void {
    for (const { follower } of this.#path.exchanges.filter((exchange) => !path.exchanges.includes(exchange))) follower?.leave()
    this.#path = path
    this.#around.onChange(true)
    this.#followNext()
  }

  /** Reads the oldest answer that is under way: those behind it have nothing to say before it has its end. */
  #followNext(): void {
    const next = this.#path.exchanges.find(({ isLive }) => isLive)
    if (!this.#life || !next) return
    void this.#name().then((name) => {
      if (!name || next.turn === null || !next.isLive) return
      if (!next.follower) {
        next.follow(new Follower(this.#chat.open(name, next.turn), Infinity, (isOver) => {
          next.heard()
          if (isOver && !next.isLive) this.#followNext()
          this.#around.onChange(isOver)
        }))
      }
      if (this.#life && this.#path.exchanges.includes(next)) next.follower?.begin()
    }, (error: unknown) => this.#fail(error))
  }
}
