import type { UIMessage } from 'ai'

/** What this browser has of a chat: where its messages are kept is the page's own affair. */
export function kept(id: string): UIMessage[] {
  return JSON.parse(localStorage.getItem(id) ?? '[]') as UIMessage[]
}

export function keep(id: string, messages: readonly UIMessage[]): void {
  localStorage.setItem(id, JSON.stringify(messages))
}
