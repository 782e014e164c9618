import { useEffect, useRef } from 'react'
import type { ReactElement } from 'react'
import { useModels } from '../use-models.ts'
import type { Address } from '../address.ts'
import { Icon } from '../icon.tsx'
import { onEscape } from '../on-escape.ts'
import { ConversationList } from './conversation-list.tsx'
import { ModelPicker } from './model-picker.tsx'
import type { Conversations } from './use-conversations.ts'

interface SideProps {
  readonly conversations: Conversations
  readonly address: Address
  /** On a narrow page the list is a drawer over the thread. */
  readonly isNarrow: boolean
  readonly isOpen: boolean
  readonly onClose: () => void
  readonly onNew: () => void
}

export function Side({ conversations, address, isNarrow, isOpen, onClose, onNew }: SideProps): ReactElement {
  const models = useModels()
  const side = useRef<HTMLElement>(null)
  useEffect(() => {
    if (isNarrow && isOpen) side.current?.querySelector<HTMLElement>('button, a')?.focus()
  }, [isNarrow, isOpen])
  const isHidden = isNarrow && !isOpen
  return (
    <>
      {isNarrow && isOpen && <div className="curtain" onClick={onClose} />}
      <aside
        className="side" ref={side} inert={isHidden} data-open={isOpen} aria-label="Conversations"
        onKeyDown={isNarrow ? onEscape(onClose) : undefined}
      >
        <div className="side-head">
          <a className="brand" href="/"><Icon name="wave" />Millrace</a>
          {isNarrow && <button type="button" className="quiet" aria-label="Close the list" onClick={onClose}><Icon name="close" /></button>}
        </div>
        <button type="button" className="new" onClick={onNew} aria-keyshortcuts="Alt+N" title="Alt+N"><Icon name="plus" />New conversation</button>
        <ConversationList conversations={conversations} current={address.conversation} onChosen={onClose} onRemoved={onNew} />
        {models !== null && <ModelPicker models={models} />}
      </aside>
    </>
  )
}
