import { useState } from 'react'
import type { KeyboardEvent, ReactElement, RefObject } from 'react'
import { Icon } from './icon.tsx'

interface ComposerProps {
  readonly isBusy: boolean
  readonly box: RefObject<HTMLTextAreaElement | null>
  readonly onAsk: (question: string) => void
  readonly onStop: () => void
}

/** The question box: Enter asks, Shift+Enter begins a new line. While an answer is written its one button stops it. */
export function Composer({ isBusy, box, onAsk, onStop }: ComposerProps): ReactElement {
  const [question, setQuestion] = useState('')
  const submit = (): void => {
    // What was typed meanwhile stays until the answer is there.
    if (isBusy || question.trim() === '') return
    setQuestion('')
    onAsk(question.trim())
  }
  const onKeyDown = (event: KeyboardEvent): void => {
    // While an input method is composing, Enter belongs to it.
    if (event.key !== 'Enter' || event.shiftKey || event.nativeEvent.isComposing) return
    event.preventDefault()
    submit()
  }
  return (
    <form className="ask" aria-label="Ask a question" onSubmit={(event) => { event.preventDefault(); submit() }}>
      <div className="box">
        <label className="unseen" htmlFor="question-box">Your question</label>
        <textarea
          id="question-box" ref={box} rows={1} maxLength={8000} placeholder="Ask a question" autoComplete="off" enterKeyHint="send"
          aria-describedby="keys" aria-keyshortcuts="Alt+Q" value={question} onChange={(event) => setQuestion(event.target.value)} onKeyDown={onKeyDown}
        />
        {/* One button for both, so that neither takes the keyboard's place away when it goes. */}
        <button type="button" id="send" data-does={isBusy ? 'stop' : 'ask'} onClick={isBusy ? onStop : submit}>
          <Icon name={isBusy ? 'stop' : 'send'} />{isBusy ? 'Stop' : 'Ask'}
        </button>
      </div>
      <p className="keys" id="keys">Enter asks, Shift+Enter begins a new line, Escape stops. Alt+Q comes here, Alt+N begins anew.</p>
    </form>
  )
}
