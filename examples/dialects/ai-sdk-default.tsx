import { useChat } from '@ai-sdk/react'
import { DefaultChatTransport, type UIMessage } from 'ai'
import { StrictMode, useEffect } from 'react'
import { createRoot } from 'react-dom/client'
import { Messages, Question } from './ai-sdk-parts.tsx'
import { kept, keep } from './ai-sdk-kept.ts'

const transport = new DefaultChatTransport({ api: '/api/chat' })

function Page({ id, saved }: { readonly id: string; readonly saved: UIMessage[] }) {
  const { messages, sendMessage, stop, status, error } = useChat({ id, messages: saved, transport, resume: true })
  useEffect(() => keep(id, messages), [id, messages])
  const stopWork = async (): Promise<void> => {
    await fetch(`/api/chat/${encodeURIComponent(id)}/stop`, { method: 'POST' })
    await stop()
  }
  return (
    <main data-status={status}>
      <Messages messages={messages} onAnswer={() => Promise.resolve()} />
      <p role="alert">{error?.message}</p>
      <Question onAsk={(text) => sendMessage({ text })} />
      <button onClick={() => void stopWork()}>Stop</button>
    </main>
  )
}

createRoot(document.getElementById('chat') ?? document.body).render(<StrictMode><Page id="chat-1" saved={kept('chat-1')} /></StrictMode>)
