import { safeUrl } from '../../dialect/escape.ts'
import type { SourceEvent } from '../../event/run-event.ts'
import { FORM_KEY } from '../../protocol/headers.ts'

/** The form's parts. What comes from a run is only ever set as text. */
export class FormView {
  readonly form: HTMLFormElement
  readonly #stop: HTMLElement | null
  readonly #status: HTMLElement | null
  readonly #answer: HTMLElement | null
  readonly #sources: HTMLElement | null

  constructor(form: HTMLFormElement) {
    const part = (name: string): HTMLElement | null => document.getElementById(`${form.id}-${name}`)
    this.form = form
    this.#stop = part('stop')
    this.#status = part('status')
    this.#answer = part('answer')
    this.#sources = part('sources')
    // By the script: a strict policy refuses the attribute.
    if (this.#answer) Object.assign(this.#answer.style, { whiteSpace: 'pre-wrap', overflowWrap: 'anywhere' })
  }

  /** The page's own key is for browsers without scripts: one page may send many questions. */
  onSend(send: (fields: Record<string, string>) => void): void {
    this.form.addEventListener('submit', (event) => {
      event.preventDefault()
      const fields = [...new FormData(this.form)].filter((field): field is [string, string] => typeof field[1] === 'string' && field[0] !== FORM_KEY)
      send(Object.fromEntries(fields))
    })
  }

  onStop(stop: () => void): void {
    this.#stop?.addEventListener('click', stop)
  }

  clear(): void {
    this.#answer?.replaceChildren()
    this.#sources?.replaceChildren()
    if (this.#sources) this.#sources.hidden = true
  }

  set busy(busy: boolean) {
    if (this.#stop) this.#stop.hidden = !busy
    if (this.#answer) this.#answer.ariaBusy = String(busy)
    for (const button of this.form.querySelectorAll<HTMLButtonElement>('[type=submit]')) button.disabled = busy
  }

  set status(words: string) {
    if (this.#status) this.#status.textContent = words
  }

  append(text: string): void {
    this.#answer?.append(text)
  }

  addSource({ title, url }: SourceEvent): void {
    if (!this.#sources) return
    const href = url === undefined ? null : safeUrl(url)
    const item = document.createElement('li')
    item.append(href === null ? title : Object.assign(document.createElement('a'), { href, textContent: title, rel: 'noopener noreferrer' }))
    this.#sources.append(item)
    this.#sources.hidden = false
  }
}
