import type { Turn } from 'millrace/client'

/** A conversation as a document to keep: questions as headings, answers as they are, sources with their addresses. */
export function toMarkdown(title: string, turns: readonly Turn[], origin: string): string {
  return [`# ${oneLine(title)}`, ...turns.map((turn) => turnText(turn, origin))].join('\n\n') + '\n'
}

function turnText({ query, content, status, sources }: Turn, origin: string): string {
  const parts = [`## ${oneLine(query)}`, content.trim()]
  if (status !== 'completed') parts.push(`*(${status})*`)
  if (sources.length > 0) parts.push(sources.map(({ title, url }, at) => `${String(at + 1)}. ${url === undefined ? title : `[${title}](${new URL(url, origin).href})`}`).join('\n'))
  return parts.filter((part) => part !== '').join('\n\n')
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').trim()
}
