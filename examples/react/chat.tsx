import { useStreamingChat, type ChatMessage } from 'millrace/react'
import { memo, useState } from 'react'

export interface ChatProps {
  readonly id: string | null
  readonly onConversation: (id: string) => void
}

export function Chat({ id, onConversation }: ChatProps) {
  const chat = useStreamingChat({ conversationId: id, onConversation })
  return (
    <main data-status={chat.status} data-connection={chat.connection}>
      {chat.hasEarlier && <button onClick={() => void chat.loadEarlier()}>Earlier</button>}
      <ol>{chat.messages.map((message) => <Message key={message.id} message={message} onResend={chat.resend} />)}</ol>
      <p role="status">{chat.stage?.message}</p>
      <p role="alert">{chat.error?.message}</p>
      <Question onAsk={(text) => void chat.sendMessage(text)} />
      {chat.isStreaming
        ? <button onClick={() => void chat.stop()}>Stop</button>
        : <button onClick={() => void chat.regenerate()}>Again</button>}
      <button onClick={() => void chat.continueAnswer()}>Go on</button>
    </main>
  )
}

// A message that does not change is the same object: `memo` renders it once.
const Message = memo(({ message, onResend }: { readonly message: ChatMessage; readonly onResend: (id: string) => Promise<void> }) => (
  <li data-role={message.role} data-status={message.status}>
    <div className="text">{message.content}</div>
    {message.sources.map(({ title, url }, at) => <a key={at} href={url}>{title}</a>)}
    {message.status === 'unsent' && <button onClick={() => void onResend(message.id)}>Send again</button>}
  </li>
))

function Question({ onAsk }: { readonly onAsk: (text: string) => void }) {
  const [text, setText] = useState('')
  return (
    <form onSubmit={(event) => {
      event.preventDefault()
      onAsk(text)
      setText('')
    }}>
      <label>Question <input value={text} onChange={(event) => setText(event.target.value)} /></label>
      <button>Ask</button>
    </form>
  )
}
