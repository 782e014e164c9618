import { make, safeHref } from './dom.ts'

export interface Source {
  readonly title: string
  readonly url?: string
  readonly relevance?: number
  readonly excerpt?: string
}

/** The numbered list of what an answer was made of. */
export class SourcesView {
  readonly #section: HTMLElement
  readonly #list: HTMLElement

  constructor(section: HTMLElement, list: HTMLElement) {
    this.#section = section
    this.#list = list
  }

  clear(): void {
    this.#list.replaceChildren()
    this.#section.hidden = true
  }

  /** @returns where its citations lead, or `null` where the source has no safe address. */
  add(source: Source): { readonly number: number; readonly href: string | null } {
    const href = safeHref(source.url ?? '')
    const number = this.#list.childElementCount + 1
    const title = make('span', { className: 'source-title', textContent: source.title })
    const card = source.url === undefined || href === null
      ? make('div')
      : make('a', { href, target: '_blank', rel: 'noopener noreferrer' })
    card.className = 'source'
    card.append(title)
    if (source.relevance !== undefined) card.append(relevance(source.relevance))
    if (source.excerpt !== undefined) card.append(make('span', { className: 'source-excerpt', textContent: source.excerpt }))
    this.#list.append(make('li', {}, card))
    this.#section.hidden = false
    return { number, href }
  }
}

function relevance(value: number): HTMLElement {
  const percent = Math.round(100 * Math.min(1, Math.max(0, value)))
  return make('span', { className: 'source-relevance', title: 'How much of the question this passage speaks of' }, `${String(percent)}%`)
}
