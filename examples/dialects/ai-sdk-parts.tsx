import { getToolName, isToolUIPart, type UIMessage } from 'ai'
import type { JSX } from 'react'

/** The messages of a chat, plainly. */
export function Messages({ messages, onAnswer }: {
  readonly messages: readonly UIMessage[]
  readonly onAnswer: (asked: string, approved: boolean) => Promise<unknown>
}): JSX.Element {
  return (
    <ol>
      {messages.map(({ id, role, parts }) => (
        <li key={id} data-role={role} data-id={id}>
          {parts.map((part, at) => <Part key={at} part={part} onAnswer={onAnswer} />)}
        </li>
      ))}
    </ol>
  )
}

function Part({ part, onAnswer }: { readonly part: UIMessage['parts'][number]; readonly onAnswer: (asked: string, approved: boolean) => Promise<unknown> }): JSX.Element | null {
  if (part.type === 'text') return <span className="text">{part.text}</span>
  if (part.type === 'reasoning') return <em>{part.text}</em>
  if (!isToolUIPart(part)) return null
  const { approval } = part
  return (
    <p className="tool" data-state={part.state}>
      {getToolName(part)} {JSON.stringify(part.input)} {part.state}
      {part.state === 'approval-requested' && approval && (
        <>
          <button onClick={() => void onAnswer(approval.id, true)}>Yes</button>
          <button onClick={() => void onAnswer(approval.id, false)}>No</button>
        </>
      )}
    </p>
  )
}

/** Where the next question is written. */
export function Question({ onAsk }: { readonly onAsk: (text: string) => Promise<unknown> }): JSX.Element {
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault()
        const words = new FormData(event.currentTarget).get('words')
        event.currentTarget.reset()
        if (typeof words === 'string') void onAsk(words)
      }}
    >
      <label>Question <input name="words" autoComplete="off" /></label>
      <button>Ask</button>
    </form>
  )
}
