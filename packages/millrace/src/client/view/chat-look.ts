import type { ChatMessage, ChatSnapshot, ChatStatus } from './chat.ts'
import type { Conversation } from './conversation.ts'

const NONE: readonly never[] = []

/** Looks at a conversation for those who show it: what did not change since the last look is the same object. */
export class ChatLook {
  readonly #conversation: Conversation
  #messages: readonly ChatMessage[] = NONE

  constructor(conversation: Conversation) {
    this.#conversation = conversation
  }

  take(): ChatSnapshot {
    const { id, path } = this.#conversation
    // Of several that are under way, those behind the first wait for it.
    const current = path.exchanges.find(({ isLive }) => isLive) ?? path.exchanges.at(-1)
    const { content = '', sources = NONE } = path.exchanges.findLast(({ status }) => status !== 'unsent')?.answer ?? {}
    const { progress = NONE, stage = null, asks = NONE, usage = null } = current?.said ?? {}
    const status = this.#status()
    return {
      conversationId: id, status, isStreaming: status === 'sending' || status === 'streaming',
      messages: this.#look(), hasEarlier: path.earlier !== null,
      content, sources, progress, stage, asks, usage,
      connection: current?.follower?.connection ?? 'idle', error: this.#error(),
    }
  }

  #status(): ChatStatus {
    const { path: { exchanges }, isLoading } = this.#conversation
    if (exchanges.some(({ status }) => status === 'sending')) return 'sending'
    if (exchanges.some(({ isLive, error }) => isLive && error === null)) return 'streaming'
    if (isLoading) return 'loading'
    return this.#error() === null ? 'idle' : 'failed'
  }

  #error(): ChatSnapshot['error'] {
    const { failure, path } = this.#conversation
    return failure ?? path.exchanges.at(-1)?.error ?? null
  }

  #look(): readonly ChatMessage[] {
    const messages = this.#conversation.path.exchanges.flatMap((exchange) => exchange.messages())
    const isSame = messages.length === this.#messages.length && messages.every((message, at) => message === this.#messages[at])
    if (!isSame) this.#messages = messages
    return this.#messages
  }
}
