import { useCallback, useEffect, useMemo, useRef } from 'react'
import type { ReactElement, RefObject } from 'react'
import { useStreamingChat } from 'millrace/react'
import type { ChatActions } from 'millrace/react'
import { goTo } from './address.ts'
import type { Address } from './address.ts'
import { chat } from './chat.ts'
import { Composer } from './composer.tsx'
import { useCut } from './connection/use-cut.ts'
import { focusBox, keepingFocus } from './focus.ts'
import type { Conversations } from './side/use-conversations.ts'
import { Thread } from './thread/thread.tsx'
import { Version } from './thread/version.tsx'
import { TopBar } from './top-bar.tsx'
import { useShortcuts } from './use-shortcuts.ts'
import { Welcome } from './welcome.tsx'

interface ConversationProps {
  readonly address: Address
  readonly conversations: Conversations
  readonly opener: RefObject<HTMLButtonElement | null>
  /** Opens the list, where it is not beside the thread. */
  readonly onList: (() => void) | null
  readonly onNew: () => void
}

/** One conversation, with everything around it. */
export function Conversation({ address, conversations, opener, onList, onNew }: ConversationProps): ReactElement {
  const box = useRef<HTMLTextAreaElement>(null)
  const { refresh, retitle, list } = conversations
  const state = useStreamingChat({ chat, conversationId: address.conversation, onConversation: goTo })
  const { messages, status, isStreaming, connection, sendMessage, stop } = state
  // They change together, with the conversation: turns that did not change are not drawn again.
  const actions = useMemo<ChatActions>(() => keepingFocus(state, box), [sendMessage])
  const cut = useCut(messages.at(-1)?.turn ?? null, state.content.length)
  const onFocus = useCallback(() => box.current?.focus(), [])
  const onStop = useCallback(() => void (isStreaming && stop()), [isStreaming, stop])
  useShortcuts({ onNew, onFocus, onStop })
  useEffect(() => focusBox(box), [address.conversation])
  // A conversation is called by its first question, which is there by now.
  useEffect(refresh, [refresh, status === 'streaming'])
  const listed = list?.find(({ conversationId }) => conversationId === address.conversation)
  const first = messages[0]?.content ?? ''
  const title = listed?.title || first
  useEffect(() => {
    if (listed?.title === '' && first !== '') retitle(listed.conversationId, first)
  }, [listed, first, retitle])
  useEffect(() => {
    document.title = title === '' ? 'Millrace' : `${title} · Millrace`
  }, [title])
  const isNew = address.conversation === null && messages.length === 0
  return (
    <div className={isNew ? 'conversation' : 'conversation begun'}>
      <TopBar title={title} conversation={address.conversation} connection={connection} cut={cut} opener={opener} onList={onList} />
      <main>
        {isNew ? <Welcome onAsk={(question) => void sendMessage(question)} /> : null}
        {address.conversation !== null && address.turn !== null
          ? <Version conversation={address.conversation} turn={address.turn} />
          : <Thread state={state} actions={actions} onNew={onNew} missed={cut.missed} />}
      </main>
      {address.turn === null && <Composer isBusy={isStreaming} box={box} onAsk={(question) => void sendMessage(question)} onStop={() => void stop()} />}
    </div>
  )
}
