import { AnswerText } from './answer-text.ts'
import type { Mark } from './answer-text.ts'
import { make } from './dom.ts'

/** Draws an answer as it grows. It only ever appends, and only text nodes: no word of it is read as HTML. */
export class AnswerView {
  readonly #root: HTMLElement
  #reader = new AnswerText()
  #paragraph: HTMLElement | null = null
  /** Where text goes: the paragraph, or code inside it. */
  #place: HTMLElement | null = null
  #citations = new Map<number, HTMLAnchorElement[]>()
  #links = new Map<number, { readonly href: string; readonly title: string }>()

  constructor(root: HTMLElement) {
    this.#root = root
  }

  clear(): void {
    this.#root.replaceChildren()
    this.#reader = new AnswerText()
    this.#paragraph = null
    this.#place = null
    this.#citations = new Map()
    this.#links = new Map()
  }

  append(text: string): void {
    for (const mark of this.#reader.push(text)) this.#draw(mark)
  }

  end(): void {
    for (const mark of this.#reader.push('', true)) this.#draw(mark)
  }

  /** From now on, citation `number` leads there. */
  link(number: number, href: string, title: string): void {
    this.#links.set(number, { href, title })
    for (const citation of this.#citations.get(number) ?? []) point(citation, href, title)
  }

  #draw(mark: Mark): void {
    switch (mark.kind) {
      case 'text':
        this.#open().append(mark.text)
        break
      case 'line':
        this.#open().append(make('br'))
        break
      case 'cite':
        this.#cite(mark.number)
        break
      case 'code':
        this.#place = this.#open().appendChild(make('code'))
        break
      case 'fence':
        this.#place = this.#root.appendChild(make('pre', { tabIndex: 0 })).appendChild(make('code'))
        this.#paragraph = null
        break
      case 'item':
        this.#place = this.#paragraph = this.#root.appendChild(make('p', { className: 'item' }))
        break
      case 'code-end':
        this.#place = this.#paragraph
        break
      case 'paragraph':
      case 'fence-end':
        this.#place = this.#paragraph = null
    }
  }

  #open(): HTMLElement {
    this.#paragraph ??= this.#place ?? this.#root.appendChild(make('p'))
    this.#place ??= this.#paragraph
    return this.#place
  }

  #cite(number: number): void {
    const citation = make('a', { className: 'cite', textContent: String(number), ariaLabel: `Source ${String(number)}` })
    const link = this.#links.get(number)
    if (link) point(citation, link.href, link.title)
    const same = this.#citations.get(number)
    if (same) same.push(citation)
    else this.#citations.set(number, [citation])
    this.#open().append(citation)
  }
}

function point(citation: HTMLAnchorElement, href: string, title: string): void {
  Object.assign(citation, { href, title, target: '_blank', rel: 'noopener noreferrer' })
}
