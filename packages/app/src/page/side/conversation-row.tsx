import { useState } from 'react'
import type { ReactElement } from 'react'
import type { ConversationInfo } from 'millrace/client'
import { hrefOf } from '../address.ts'
import { announce } from '../announcer.tsx'
import { Icon } from '../icon.tsx'
import { RenameForm } from './rename-form.tsx'

interface RowProps {
  readonly row: ConversationInfo
  readonly isCurrent: boolean
  readonly onChosen: () => void
  readonly onRename: (id: string, title: string) => Promise<void>
  readonly onRemove: (id: string) => Promise<void>
}

type Doing = 'nothing' | 'renaming' | 'removing'

export function ConversationRow({ row, isCurrent, onChosen, onRename, onRemove }: RowProps): ReactElement {
  const { conversationId: id, title: given } = row
  const title = given === '' ? 'New conversation' : given
  const [doing, setDoing] = useState<Doing>('nothing')
  const act = (work: Promise<void>, failed: string): void => {
    work.then(() => setDoing('nothing'), () => announce(failed))
  }
  if (doing === 'renaming') {
    return <li><RenameForm title={title} onCancel={() => setDoing('nothing')} onRename={(name) => act(onRename(id, name), 'It could not be renamed.')} /></li>
  }
  if (doing === 'removing') {
    return (
      <li>
        <div className="sure" role="alertdialog" aria-label={`Delete ${title}`} onKeyDown={(event) => event.key === 'Escape' && setDoing('nothing')}>
          <p>Delete this conversation and its answers?</p>
          <button type="button" autoFocus onClick={() => setDoing('nothing')}>Keep</button>
          <button type="button" className="danger" onClick={() => act(onRemove(id), 'It could not be deleted.')}>Delete</button>
        </div>
      </li>
    )
  }
  return (
    <li className="row" data-current={isCurrent}>
      <a href={hrefOf(id)} aria-current={isCurrent ? 'page' : undefined} onClick={onChosen} title={title}>{title}</a>
      <span className="row-actions">
        <button type="button" aria-label={`Rename ${title}`} onClick={() => setDoing('renaming')}><Icon name="pen" /></button>
        <button type="button" aria-label={`Delete ${title}`} onClick={() => setDoing('removing')}><Icon name="bin" /></button>
      </span>
    </li>
  )
}
