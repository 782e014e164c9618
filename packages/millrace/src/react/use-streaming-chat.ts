import { useEffect, useMemo, useRef, useState, useSyncExternalStore } from 'react'
import { createChatClient } from '../client/chat/chat-client.ts'
import type { ChatContext } from '../client/chat/contexts.ts'
import type { ChatActions, ChatSnapshot, ChatView } from '../client/view/chat.ts'
import type { ChatSource } from '../client/view/chat-source.ts'
import { createChatView } from '../client/view/chat-view.ts'

export interface StreamingChatOptions {
  /** By `createChatClient`. That of the first rendering stays. Default: of the chat at `/chat` of the page's own server. */
  readonly chat?: ChatSource
  /** The conversation to show: another id shows another one, `null` a new one, which the first question makes. */
  readonly conversationId?: string | null
  /** What `chat.session()` gave. Default: the page asks in the name of whoever it belongs to. */
  readonly context?: ChatContext | Promise<ChatContext>
  /** A conversation was made: the page may keep its id, in its address say, and give it back as `conversationId`. */
  readonly onConversation?: (conversationId: string) => void
}

export interface StreamingChat extends ChatSnapshot, ChatActions {}

/**
 * A conversation: what was said, what is being said, and what can be done. The component renders at most once a frame
 * while an answer comes. An answer goes on where nobody looks; whoever comes back reads on.
 */
export function useStreamingChat(options: StreamingChatOptions = {}): StreamingChat {
  const view = useView(options)
  const snapshot = useSyncExternalStore(view.subscribe, view.getSnapshot, view.getServerSnapshot)
  return useMemo(() => {
    const { subscribe: _, getSnapshot: _get, getServerSnapshot: _first, ...actions } = view
    return { ...snapshot, ...actions }
  }, [snapshot, view])
}

let own: ChatSource | undefined

/** Made when it is first asked for, so that who brings another one makes none. */
function ofThisPage(): ChatSource {
  return (own ??= createChatClient('/'))
}

/** One view for each conversation that is shown. It asks nothing before it is listened to, so one that is thrown away costs nothing. */
function useView(options: StreamingChatOptions): ChatView {
  const { chat = ofThisPage(), conversationId = null } = options
  const latest = useRef(options)
  useEffect(() => {
    latest.current = options
  })
  const make = (): ChatView =>
    createChatView(chat, {
      conversationId,
      context: () => latest.current.context ?? {},
      onConversation: (id) => latest.current.onConversation?.(id),
    })
  const [held, hold] = useState(() => ({ conversationId, view: make() }))
  if (held.conversationId === conversationId) return held.view
  // The conversation this view made itself is no other one.
  const isOwn = held.view.getSnapshot().conversationId === conversationId
  const next = { conversationId, view: isOwn ? held.view : make() }
  hold(next)
  return next.view
}
