import { useStreamingChat } from 'millrace/react'

export function Quick() {
  const { content, isStreaming, sendMessage } = useStreamingChat()
  return <button disabled={isStreaming} onClick={() => void sendMessage('What does a mill need?')}>{content || 'Ask'}</button>
}
