import { defaultHost } from '../host.ts'
import type { ChatSnapshot, ChatView } from './chat.ts'
import { actionsOn } from './chat-actions.ts'
import { ChatLook } from './chat-look.ts'
import type { ChatContext } from '../chat/contexts.ts'
import type { ChatSource } from './chat-source.ts'
import { Conversation } from './conversation.ts'
import { Shown } from './shown.ts'

export interface ChatViewOptions {
  /** The conversation to show. Default: a new one, which the first question makes. */
  readonly conversationId?: string | null
  /** In whose name: called for every request, so that it may change. Default: nobody's but whoever the page itself is. */
  readonly context?: () => ChatContext | Promise<ChatContext>
  /** A conversation was made: the page may keep its id, in its address say. */
  readonly onConversation?: (conversationId: string) => void
}

/** A conversation as a page shows it, for any framework. */
export function createChatView(chat: ChatSource, options: ChatViewOptions = {}): ChatView {
  const { conversationId = null, context = () => ({}), onConversation = () => undefined } = options
  const conversation: Conversation = new Conversation(chat, {
    conversationId, context, onConversation,
    onChange: (isUrgent) => {
      if (isUrgent) shown.flush()
      else shown.changed()
    },
  })
  const look = new ChatLook(conversation)
  let life = new AbortController()
  const shown: Shown<ChatSnapshot> = new Shown(() => look.take(), {
    begin() {
      life = new AbortController()
      onAttention(() => void conversation.look(), life.signal)
      conversation.begin()
    },
    leave() {
      life.abort()
      conversation.leave()
    },
  })
  return { subscribe: shown.subscribe, getSnapshot: shown.get, getServerSnapshot: shown.getFirst, ...actionsOn(conversation) }
}

/** Somebody looks at the page again: meanwhile another tab may have asked something. */
function onAttention(look: () => void, signal: AbortSignal): void {
  defaultHost.onWake(look, signal)
  if (typeof window !== 'undefined') window.addEventListener('focus', look, { signal })
}
