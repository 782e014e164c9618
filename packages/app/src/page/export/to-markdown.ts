import type { Turn } from 'millrace/client'

const SAFE: ReadonlySet<string> = new Set(['http:', 'https:', 'mailto:'])

/** A conversation as a document to keep: questions as headings, answers as they are, sources with their addresses. */
export function toMarkdown(title: string, turns: readonly Turn[], origin: string): string {
  return [`# ${oneLine(title)}`, ...turns.map((turn) => turnText(turn, origin))].join('\n\n') + '\n'
}

function turnText({ query, content, status, sources }: Turn, origin: string): string {
  const parts = [`## ${oneLine(query)}`, content.trim()]
  if (status !== 'completed') parts.push(`*(${status})*`)
  if (sources.length > 0) parts.push(sources.map((source, at) => `${String(at + 1)}. ${sourceText(source, origin)}`).join('\n'))
  return parts.filter((part) => part !== '').join('\n\n')
}

function sourceText({ title, url }: Turn['sources'][number], origin: string): string {
  const name = oneLine(title).replace(/[[\]\\]/g, '\\$&')
  const target = url === undefined || !URL.canParse(url, origin) ? null : new URL(url, origin)
  // The file is opened elsewhere, where nobody may look at what a link would do.
  if (target === null || !SAFE.has(target.protocol)) return name
  return `[${name}](${target.href.replaceAll('(', '%28').replaceAll(')', '%29')})`
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').trim()
}
