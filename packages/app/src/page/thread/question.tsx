import { memo, useState } from 'react'
import type { ReactElement } from 'react'
import { Icon } from '../icon.tsx'
import { EditForm } from './edit-form.tsx'

interface QuestionProps {
  readonly id: string
  readonly text: string
  /** `null`: it cannot be changed now. */
  readonly onEdit: ((text: string) => void) | null
}

/** What is longer is no heading any more to the eye: something pasted, which is to be read as text. */
const LONG = 200

/** The question, as the heading of its answer, which can be asked in other words. */
export const Question = memo(function Question({ id, text, onEdit }: QuestionProps): ReactElement {
  const [editing, setEditing] = useState<'not' | 'now' | 'left'>('not')
  if (editing === 'now') {
    return (
      <>
        <h2 id={id} className="unseen">{text}</h2>
        <EditForm
          text={text}
          onCancel={() => setEditing('left')}
          onAsk={(words) => {
            setEditing('not')
            onEdit?.(words)
          }}
        />
      </>
    )
  }
  return (
    <header className="question">
      <h2 id={id} className={text.length > LONG ? 'long' : undefined} tabIndex={-1}>{text}</h2>
      {onEdit !== null && (
        <button
          type="button" className="quiet edit" autoFocus={editing === 'left'} aria-label="Edit this question and ask again" title="Edit and ask again"
          onClick={() => setEditing('now')}
        >
          <Icon name="pen" />
        </button>
      )}
    </header>
  )
})
