import { useChat } from '@ai-sdk/react'
import type { UIMessage } from 'ai'
import { createChatTransport } from 'millrace/ai-sdk'
import { StrictMode, useEffect } from 'react'
import { createRoot } from 'react-dom/client'
import { Messages, Question } from './ai-sdk-parts.tsx'
import { kept, keep } from './ai-sdk-kept.ts'

const transport = createChatTransport({ api: '/api/chat' })

function Page({ id, saved }: { readonly id: string; readonly saved: UIMessage[] }) {
  const { messages, sendMessage, regenerate, stop, status, error } = useChat({ id, messages: saved, transport, resume: true })
  useEffect(() => keep(id, messages), [id, messages])
  return (
    <main data-status={status}>
      <Messages messages={messages} onAnswer={(asked, approved) => transport.signal(id, { type: 'approval', id: asked, data: { approved } })} />
      <p role="alert">{error?.message}</p>
      <Question onAsk={(text) => sendMessage({ text })} />
      <button onClick={() => void stop()}>Stop</button>
      <button onClick={() => void regenerate()}>Again</button>
    </main>
  )
}

createRoot(document.getElementById('chat') ?? document.body).render(<StrictMode><Page id="chat-1" saved={kept('chat-1')} /></StrictMode>)
