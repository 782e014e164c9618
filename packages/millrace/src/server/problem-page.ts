import { escapeHtml } from '../dialect/escape.ts'
import { PAGE_STYLE } from '../dialect/page.ts'
import { ACCEPT } from '../protocol/headers.ts'
import type { Problem } from '../protocol/wire.ts'
import { acceptedBy } from './accept.ts'
import { isOwnPage } from './guard.ts'
import type { Inquiry } from './inquiry.ts'

/**
 * Whether a person will see the answer, whose browser was sent here by a form or a link. htmx lists HTML
 * first too, beside what it streams, and would put a page into the middle of another.
 */
export function prefersPage(request: Inquiry): boolean {
  const { wanted } = acceptedBy(request.headers.get(ACCEPT) ?? '')
  return wanted[0] === 'text/html' && !wanted.includes('text/event-stream')
}

/** A problem for whoever has scripts off: what is wrong, and the way back to a page of this site. */
export function problemPage({ title, status, detail = '' }: Problem, request: Inquiry): string {
  return '<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">' +
    `<title>${escapeHtml(title)}</title><style>${PAGE_STYLE}</style></head><body><main><h1>This did not work</h1>` +
    `<p role="alert">${escapeHtml(detail)}</p>${wayBack(request)}<p class="note">${String(status)} ${escapeHtml(title)}</p></main></body></html>\n`
}

/** The browser's own way keeps what was typed; a link is for who came without a form. */
function wayBack(request: Inquiry): string {
  const from = request.headers.get('Referer') ?? ''
  const link = isOwnPage(from, request) ? ` Or <a href="${escapeHtml(from)}">open that page anew</a>.` : ''
  return `<p>Your browser’s back button leads to where you came from, with what you wrote.${link}</p>`
}
