import { useState } from 'react'
import type { KeyboardEvent, ReactElement } from 'react'
import { onEscape } from '../on-escape.ts'

interface EditFormProps {
  readonly text: string
  readonly onAsk: (text: string) => void
  readonly onCancel: () => void
}

/** As in the question box, Enter asks. What was answered before stays, as a version. */
export function EditForm({ text, onAsk, onCancel }: EditFormProps): ReactElement {
  const [words, setWords] = useState(text)
  const submit = (): void => {
    if (words.trim() !== '') onAsk(words.trim())
  }
  const onKeyDown = (event: KeyboardEvent): void => {
    onEscape(onCancel)(event)
    if (event.key !== 'Enter' || event.shiftKey || event.nativeEvent.isComposing) return
    event.preventDefault()
    submit()
  }
  return (
    <form className="edit-form" onSubmit={(event) => { event.preventDefault(); submit() }} onKeyDown={onKeyDown}>
      <textarea aria-label="The question in other words" rows={2} maxLength={8000} autoFocus value={words} onChange={(event) => setWords(event.target.value)} />
      <div className="actions">
        <button type="submit" className="primary">Ask again</button>
        <button type="button" className="quiet" onClick={onCancel}>Cancel</button>
      </div>
    </form>
  )
}
