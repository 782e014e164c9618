import { useRef, useState } from 'react'
import type { ReactElement } from 'react'
import { announce } from '../announcer.tsx'
import { Icon } from '../icon.tsx'
import { onEscape } from '../on-escape.ts'
import { exportConversation } from './export.ts'
import type { ExportForm } from './export.ts'

/** Two buttons that open from one. */
export function ExportMenu({ conversation }: { readonly conversation: string }): ReactElement {
  const [isOpen, setIsOpen] = useState(false)
  const opener = useRef<HTMLButtonElement>(null)
  const close = (): void => {
    setIsOpen(false)
    opener.current?.focus()
  }
  const save = (form: ExportForm): void => {
    close()
    exportConversation(conversation, form).catch(() => announce('It could not be exported.'))
  }
  return (
    <div
      className="export"
      onBlur={(event) => event.currentTarget.contains(event.relatedTarget) || setIsOpen(false)}
      onKeyDown={isOpen ? onEscape(close) : undefined}
    >
      <button type="button" className="quiet" ref={opener} aria-expanded={isOpen} aria-label="Export this conversation" onClick={() => setIsOpen(!isOpen)}>
        <Icon name="export" /><span className="wide">Export</span>
      </button>
      {isOpen && (
        <div className="menu">
          <button type="button" autoFocus onClick={() => save('md')}>Markdown</button>
          <button type="button" onClick={() => save('json')}>JSON</button>
        </div>
      )}
    </div>
  )
}
