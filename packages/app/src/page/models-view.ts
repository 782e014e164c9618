import type { Choice, Models } from '../models/choices.ts'
import { find, make } from './dom.ts'

/** Who answers here, who else could, and what each of the others lacks. */
export class ModelsView {
  readonly #box = find('models', HTMLDetailsElement)
  readonly #current = find('model-current', HTMLElement)
  readonly #list = find('model-list', HTMLElement)

  async load(): Promise<void> {
    try {
      const response = await fetch('/models')
      if (response.ok) this.#show((await response.json()) as Models)
    } catch {
      // An extra: without it everything else works.
    }
  }

  #show({ current, models }: Models): void {
    this.#current.textContent = current
    this.#list.replaceChildren(...models.map(toRow))
    if (current !== 'extract') find('by-whom', HTMLElement).textContent = 'An answer written by a model from their passages'
    this.#box.hidden = false
  }
}

function toRow({ model, about, missing, isCurrent }: Choice): HTMLLIElement {
  const row = make('li', {},
    make('span', { className: 'model-name', textContent: model }),
    make('span', { className: 'row-note', textContent: isCurrent ? `${about} Answers now.` : about }))
  if (missing !== null) row.append(make('span', { className: 'model-missing', textContent: missing }))
  row.dataset['state'] = isCurrent ? 'current' : missing === null ? 'ready' : 'missing'
  return row
}
