import type { Turn } from 'millrace/client'
import { chat } from '../chat.ts'
import { toMarkdown } from './to-markdown.ts'

export type ExportForm = 'md' | 'json'

/** Most that are read at once. */
const PAGE = 100

/** Saves all of a conversation, also what is not on the page. */
export async function exportConversation(conversation: string, form: ExportForm): Promise<void> {
  const { title, turns } = await wholeOf(conversation)
  const text = form === 'md' ? toMarkdown(title, turns, location.origin) : `${JSON.stringify({ title, turns }, null, 2)}\n`
  save(text, `${fileName(title)}.${form}`, form === 'md' ? 'text/markdown' : 'application/json')
}

async function wholeOf(conversation: string): Promise<{ readonly title: string; readonly turns: readonly Turn[] }> {
  const turns: Turn[] = []
  let at: string | undefined
  for (;;) {
    const page = await chat.history({ conversationId: conversation }, { limit: PAGE, ...(at === undefined ? {} : { at }) })
    turns.unshift(...page.turns)
    if (page.next === undefined) return { title: page.conversation.title, turns }
    at = page.next
  }
}

function save(text: string, name: string, type: string): void {
  const url = URL.createObjectURL(new Blob([text], { type: `${type};charset=utf-8` }))
  const link = document.createElement('a')
  link.href = url
  link.download = name
  link.click()
  URL.revokeObjectURL(url)
}

function fileName(title: string): string {
  return title.toLowerCase().replace(/[^\p{L}\p{N}]+/gu, '-').slice(0, 60).replace(/^-|-$/g, '') || 'conversation'
}
