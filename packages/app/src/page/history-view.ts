import { make } from './dom.ts'

export interface HistoryRow {
  readonly id: string
  readonly title: string
  readonly status: string
  readonly createdAt: number
}

/** The list of earlier answers, newest first. */
export class HistoryView {
  readonly #list: HTMLElement
  readonly #empty: HTMLElement

  constructor(list: HTMLElement, empty: HTMLElement) {
    this.#list = list
    this.#empty = empty
  }

  show(rows: readonly HistoryRow[], current: string | null): void {
    // Drawing anew must not take the keyboard's place away.
    const focused = this.#list.contains(document.activeElement) ? document.activeElement?.getAttribute('href') : null
    this.#empty.hidden = rows.length > 0
    this.#list.replaceChildren(...rows.map((row) => {
      const link = make('a', { href: `#${row.id}` },
        make('span', { className: 'row-title', textContent: row.title }),
        make('span', { className: 'row-note', textContent: `${statusWord(row.status)}${ago(row.createdAt)}` }))
      link.dataset['status'] = row.status
      if (row.id === current) link.ariaCurrent = 'page'
      return make('li', {}, link)
    }))
    if (focused) this.#list.querySelector<HTMLElement>(`[href="${CSS.escape(focused)}"]`)?.focus()
  }
}

function statusWord(status: string): string {
  const words: Readonly<Record<string, string>> = { queued: 'waiting · ', running: 'writing · ', failed: 'failed · ', cancelled: 'stopped · ' }
  return words[status] ?? ''
}

function ago(time: number): string {
  const minutes = Math.floor((Date.now() - time) / 60_000)
  if (minutes < 1) return 'just now'
  if (minutes < 60) return `${String(minutes)} min ago`
  if (minutes < 24 * 60) return `${String(Math.floor(minutes / 60))} h ago`
  return new Date(time).toLocaleDateString(undefined, { day: 'numeric', month: 'short' })
}
