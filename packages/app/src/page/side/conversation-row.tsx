import { useState } from 'react'
import type { ReactElement } from 'react'
import type { ConversationInfo } from 'millrace/client'
import { hrefOf } from '../address.ts'
import { announce } from '../announcer.tsx'
import { Icon } from '../icon.tsx'
import { onEscape } from '../on-escape.ts'
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
  // What was left gives the keyboard back to the button that began it.
  const [left, setLeft] = useState<Doing>('nothing')
  const leave = (): void => {
    setLeft(doing)
    setDoing('nothing')
  }
  const act = (work: Promise<void>, failed: string): void => {
    work.then(leave, () => announce(failed))
  }
  if (doing === 'renaming') {
    return <li><RenameForm title={title} onCancel={leave} onRename={(name) => act(onRename(id, name), 'It could not be renamed.')} /></li>
  }
  if (doing === 'removing') {
    return (
      <li>
        <div className="sure" role="alertdialog" aria-label={`Delete ${title}`} onKeyDown={onEscape(leave)}>
          <p>Delete this conversation and its answers?</p>
          <button type="button" autoFocus onClick={leave}>Keep</button>
          <button type="button" className="danger" onClick={() => act(onRemove(id), 'It could not be deleted.')}>Delete</button>
        </div>
      </li>
    )
  }
  return (
    <li className="row" data-current={isCurrent}>
      <a href={hrefOf(id)} aria-current={isCurrent ? 'page' : undefined} onClick={onChosen} title={title}>{title}</a>
      <span className="row-actions">
        <button type="button" autoFocus={left === 'renaming'} aria-label={`Rename ${title}`} onClick={() => setDoing('renaming')}><Icon name="pen" /></button>
        <button type="button" autoFocus={left === 'removing'} aria-label={`Delete ${title}`} onClick={() => setDoing('removing')}><Icon name="bin" /></button>
      </span>
    </li>
  )
}
