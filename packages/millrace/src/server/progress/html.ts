import { escapeHtml } from '../../dialect/escape.ts'
import type { ProgressItem, ProgressSnapshot } from '../../progress/snapshot.ts'
import { wordsOf } from '../../progress/words.ts'

/** Lists within lists stop here: a page needs no more, and a log may go on for ever. */
const DEPTH = 8

/**
 * A tree of progress as a list of HTML: a bar for each item, which says to whoever cannot see it how
 * far it is. It needs no styles, and is styled by `data-status`.
 */
export function progressHtml({ items }: ProgressSnapshot): string {
  const out: string[] = []
  let open = -1
  for (const item of items) {
    const depth = Math.min(item.depth, DEPTH)
    if (depth <= open) out.push('</li>')
    for (; open > depth; open -= 1) out.push('</ul></li>')
    for (; open < depth; open += 1) out.push('<ul>')
    out.push(rowOf(item))
  }
  for (; open >= 0; open -= 1) out.push('</li></ul>')
  return out.join('')
}

function rowOf(item: ProgressItem): string {
  const { name, status, level, fraction } = item
  const words = escapeHtml(wordsOf(item))
  const label = escapeHtml(name)
  const percent = fraction === null ? null : String(Math.floor(fraction * 100))
  const now = percent === null ? '' : ` value="${percent}" aria-valuenow="${percent}"`
  const bar = `<progress role="progressbar" max="100"${now} aria-valuemin="0" aria-valuemax="100" aria-valuetext="${words}" aria-label="${label}"></progress>`
  return `<li data-level="${level}" data-status="${escapeHtml(status)}"><span>${label}</span> ${bar} <small>${words}</small>`
}
