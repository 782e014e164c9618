import type { ReactElement, RefObject } from 'react'
import type { ConnectionStatus } from 'millrace/react'
import { ConnectionView } from './connection/connection-view.tsx'
import type { Cut } from './connection/use-cut.ts'
import { ExportMenu } from './export/export-menu.tsx'
import { Icon } from './icon.tsx'

interface TopBarProps {
  readonly title: string
  readonly conversation: string | null
  readonly connection: ConnectionStatus
  readonly cut: Cut
  readonly opener: RefObject<HTMLButtonElement | null>
  readonly onList: (() => void) | null
}

export function TopBar({ title, conversation, connection, cut, opener, onList }: TopBarProps): ReactElement {
  return (
    <header className="top">
      {onList !== null && <button type="button" className="quiet" ref={opener} aria-label="Show the conversations" onClick={onList}><Icon name="list" /></button>}
      {title === '' ? <span className="title" /> : <h1 className="title" title={title}>{title}</h1>}
      <ConnectionView connection={connection} cut={cut} />
      {conversation !== null && <ExportMenu conversation={conversation} />}
    </header>
  )
}
