import { useState } from 'react'
import type { ReactElement } from 'react'
import { onEscape } from '../on-escape.ts'

interface RenameFormProps {
  readonly title: string
  readonly onRename: (title: string) => void
  readonly onCancel: () => void
}

/** Enter keeps the new name, Escape and leaving the field keep the old one. */
export function RenameForm({ title, onRename, onCancel }: RenameFormProps): ReactElement {
  const [name, setName] = useState(title)
  return (
    <form
      className="rename"
      onSubmit={(event) => {
        event.preventDefault()
        if (name.trim() === '') onCancel()
        else onRename(name.trim())
      }}
    >
      <input
        aria-label="Title of the conversation" value={name} maxLength={200} autoFocus onFocus={(event) => event.target.select()}
        onChange={(event) => setName(event.target.value)}
        onBlur={onCancel}
        onKeyDown={onEscape(onCancel)}
      />
    </form>
  )
}
