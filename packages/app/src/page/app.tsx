import { useCallback, useRef, useState } from 'react'
import type { ReactElement } from 'react'
import { goTo, useAddress } from './address.ts'
import { Announcer } from './announcer.tsx'
import { chat } from './chat.ts'
import { Conversation } from './conversation.tsx'
import { Side } from './side/side.tsx'
import { useConversations } from './side/use-conversations.ts'
import { useMedia } from './use-media.ts'

/** The page: which conversation is shown stands in the address. */
export function App(): ReactElement {
  const address = useAddress()
  const conversations = useConversations(chat)
  const isNarrow = useMedia('(max-width: 60rem)')
  const [isOpen, setIsOpen] = useState(false)
  const opener = useRef<HTMLButtonElement>(null)
  const onNew = useCallback(() => {
    setIsOpen(false)
    goTo(null)
  }, [])
  const onClose = (): void => {
    setIsOpen(false)
    if (isNarrow && isOpen) opener.current?.focus()
  }
  return (
    <div className="app">
      <a className="skip" href="#question-box" onClick={(event) => { event.preventDefault(); document.getElementById('question-box')?.focus() }}>Skip to the question box</a>
      <Side conversations={conversations} address={address} isNarrow={isNarrow} isOpen={isOpen} onClose={onClose} onNew={onNew} />
      <Conversation address={address} conversations={conversations} opener={opener} onList={isNarrow ? () => setIsOpen(true) : null} onNew={onNew} />
      <Announcer />
    </div>
  )
}
