import type { ChatMessage, MessageStatus } from 'millrace/react'

/** A question and what was answered. */
export interface TurnMessages {
  readonly question: ChatMessage
  readonly answer: ChatMessage | null
}

export function turnsOf(messages: readonly ChatMessage[]): TurnMessages[] {
  const turns: TurnMessages[] = []
  for (const [at, message] of messages.entries()) {
    if (message.role !== 'user') continue
    const next = messages[at + 1]
    turns.push({ question: message, answer: next?.role === 'assistant' ? next : null })
  }
  return turns
}

export function isOver(status: MessageStatus): boolean {
  return status === 'completed' || status === 'failed' || status === 'cancelled'
}
