import type { AskOptions, ChatActions } from './chat.ts'
import type { Conversation } from './conversation.ts'
import type { Exchange } from './exchange.ts'

/** What a page does, in the words of the conversation. A message that is not there any more is nothing to do. */
export function actionsOn(conversation: Conversation): ChatActions {
  return {
    async sendMessage(text, options) {
      if (text.trim() !== '') await conversation.send(text, modelIn(options))
    },
    async resend(message) {
      const exchange = exchangeWith(conversation, message)
      if (exchange) await conversation.resend(exchange)
    },
    stop: () => conversation.stop(),
    async regenerate({ message, ...options } = {}) {
      const old = answerIn(conversation, message)
      if (old) await conversation.replace(old, old.query, { supersedes: old.turn, ...modelIn(options) })
    },
    async continueAnswer({ message, ...options } = {}) {
      const old = answerIn(conversation, message)
      if (old) await conversation.replace(old, old.query, { continues: old.turn, ...modelIn(options) }, old.answer)
    },
    async edit(message, text, options) {
      const old = answerIn(conversation, message)
      if (old && text.trim() !== '') await conversation.replace(old, text, { query: text, supersedes: old.turn, ...modelIn(options) })
    },
    loadEarlier: () => conversation.loadEarlier(),
    reconnect: () => conversation.look(),
  }
}

type Answered = Exchange & { readonly turn: string }

/** @param message either one of the two; by default of the newest */
function answerIn({ path }: Conversation, message: string | undefined): Answered | undefined {
  return path.exchanges.findLast((exchange): exchange is Answered => exchange.turn !== null && (message === undefined || has(exchange, message)))
}

function exchangeWith({ path }: Conversation, message: string): Exchange | undefined {
  return path.exchanges.find((exchange) => has(exchange, message))
}

function has(exchange: Exchange, message: string): boolean {
  return exchange.messages().some(({ id }) => id === message)
}

function modelIn({ model }: AskOptions = {}): AskOptions {
  return model === undefined ? {} : { model }
}
