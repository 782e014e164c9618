import type { ConnectionStatus } from 'millrace/client'
import { find } from './dom.ts'
import { CONNECTION_NEWS, CONNECTION_WORDS, finishedWords } from './words.ts'
import type { Outcome } from './words.ts'

/** Where the work is, how the connection stands and how it all ended; and says the news aloud. */
export class StatusView {
  readonly #stageText = find('stage-text', HTMLElement)
  readonly #progress = find('progress', HTMLProgressElement)
  readonly #connection = find('connection', HTMLElement)
  readonly #outcome = find('outcome', HTMLElement)
  readonly #outcomeText = find('outcome-text', HTMLElement)
  readonly #retry = find('retry', HTMLButtonElement)
  readonly #announcer = find('announcer', HTMLElement)
  #stage = ''

  begin(): void {
    this.#stage = this.#stageText.textContent = ''
    this.#progress.removeAttribute('value')
    this.#progress.hidden = false
    this.#outcome.hidden = true
    this.#connection.hidden = true
  }

  stage(words: string): void {
    this.#stage = this.#stageText.textContent = words
    this.#announce(words)
  }

  progress(done: number, total: number): void {
    const share = total > 0 ? done / total : 0
    // The element throws on what is not finite, and a quotient of two numbers of a log need not be.
    this.#progress.value = share >= 0 ? 100 * Math.min(1, share) : 0
  }

  connection(state: ConnectionStatus): void {
    this.#connection.hidden = CONNECTION_WORDS[state] === ''
    this.#connection.textContent = CONNECTION_WORDS[state]
    this.#connection.dataset['state'] = state
    const news = CONNECTION_NEWS[state]
    if (news !== undefined) this.#announce(news)
    if (state !== 'ended') this.#stageText.textContent = state === 'resumed' ? this.#stage : (news ?? this.#stage)
  }

  /** @param outcome `null`: it is finished and there is nothing to say. */
  finish(outcome: Outcome | null, sources: number): void {
    this.#progress.hidden = true
    this.#stageText.textContent = outcome === null ? finishedWords(sources) : outcome.retry === null ? '' : 'Not finished'
    this.#outcome.dataset['tone'] = outcome?.tone ?? ''
    this.#outcome.hidden = outcome === null
    this.#outcomeText.textContent = outcome?.text ?? ''
    const retry = outcome?.retry ?? null
    this.#retry.hidden = retry === null
    this.#retry.dataset['retry'] = retry ?? ''
    this.#retry.textContent = retry === 'open' ? 'Try again' : 'Ask again'
    this.#announce(outcome?.text ?? finishedWords(sources))
  }

  #announce(words: string): void {
    this.#announcer.textContent = words
  }
}
