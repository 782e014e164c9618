import type { EndEvent, StatusEvent } from '../event/run-event.ts'
import { escapeHtml, safeUrl } from './escape.ts'

/** What the two dialects for pages say in the same HTML. */
export function stageWords({ status, message }: StatusEvent): string {
  return escapeHtml(message ?? status)
}

export function endWords({ status, error }: EndEvent): string {
  if (status === 'completed') return 'Finished.'
  if (status === 'cancelled') return 'Stopped.'
  return `<strong>${escapeHtml(error?.message ?? 'The run failed.')}</strong>`
}

/** A title that leads somewhere, or, where that is not safe, only the title. */
export function linkOf(url: string | undefined, title: string): string {
  const href = url === undefined ? null : safeUrl(url)
  const words = escapeHtml(title)
  return href === null ? words : `<a href="${escapeHtml(href)}" rel="noopener noreferrer">${words}</a>`
}
