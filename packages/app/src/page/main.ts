import { createClient, newKey } from 'millrace/client'
import type { App } from '../answer.ts'
import { Composer } from './composer.ts'
import { find } from './dom.ts'
import { HistoryView } from './history-view.ts'
import { ModelsView } from './models-view.ts'
import { RunView } from './run-view.ts'
import type { Answer } from './run-view.ts'
import { codeOf } from './trouble.ts'

/** The page: which run is shown stands in the address, so a refresh or another tab shows the same. */
class Page {
  readonly #client = createClient<App>('/')
  readonly #welcome = find('welcome', HTMLElement)
  readonly #view = new RunView()
  readonly #history = new HistoryView(find('earlier-list', HTMLElement), find('earlier-empty', HTMLElement))
  readonly #composer = new Composer((question) => void this.ask(question), () => void this.#stop())
  #run: Answer | null = null
  /** Of the question that is being sent: trying again must join what the first try may have started. */
  #pending: { readonly question: string; readonly key: string; stop: boolean } | null = null

  constructor() {
    this.#view.onEnd = () => {
      this.#composer.busy = false
      void this.#list()
    }
    window.addEventListener('hashchange', () => {
      this.open()
      if (location.hash !== '') this.#view.focus()
    })
    document.addEventListener('visibilitychange', () => {
      if (!document.hidden) void this.#list()
    })
    find('retry', HTMLButtonElement).addEventListener('click', () => {
      this.#retry()
    })
    find('suggestions', HTMLElement).addEventListener('click', (event) => {
      if (event.target instanceof HTMLButtonElement) void this.ask(event.target.textContent)
    })
    const earlier = find('earlier', HTMLDetailsElement)
    const wide = matchMedia('(min-width: 60rem)')
    earlier.open = wide.matches
    // On a narrow page the list lies over the answer: what was chosen is what is wanted.
    find('earlier-list', HTMLElement).addEventListener('click', () => {
      if (!wide.matches) earlier.open = false
    })
  }

  /** Shows what the address names. */
  open(): void {
    const id = location.hash.slice(1)
    this.#pending = null
    this.#run = null
    this.#welcome.hidden = id !== ''
    if (id === '') {
      this.#view.close()
      this.#composer.busy = false
      document.title = 'Millrace'
      this.#composer.focus()
    } else {
      this.#openRun(id)
    }
    void this.#list()
  }

  #openRun(id: string): void {
    try {
      this.#show(this.#client.open(id), '')
    } catch {
      // What stands in the address is no run's id.
      this.#view.ask('')
      this.#view.trouble('not_found')
    }
  }

  async ask(question: string, key: string = newKey()): Promise<void> {
    const pending = { question, key, stop: false }
    this.#pending = pending
    this.#run = null
    this.#welcome.hidden = true
    this.#view.ask(question)
    this.#composer.busy = true
    try {
      const run = await this.#client.start('answer', { message: question }, { key })
      if (this.#pending !== pending) return
      this.#pending = null
      history.pushState(null, '', `#${run.id}`)
      this.#show(run, question)
      if (pending.stop) void this.#stop()
      void this.#list()
    } catch (error) {
      if (this.#pending === pending) this.#view.trouble(codeOf(error))
    }
  }

  #show(run: Answer, question: string): void {
    this.#run = run
    this.#composer.busy = true
    void this.#view.show(run, question)
  }

  async #stop(): Promise<void> {
    this.#composer.stopping()
    if (this.#pending) this.#pending.stop = true
    try {
      await this.#run?.cancel()
    } catch {
      // The server did not hear it: let it be pressed again.
      this.#composer.busy = this.#view.busy
    }
  }

  #retry(): void {
    if (this.#run !== null && find('retry', HTMLButtonElement).dataset['retry'] === 'open') this.open()
    else void this.ask(this.#view.question, this.#pending?.key)
    this.#composer.focus()
  }

  async #list(): Promise<void> {
    try {
      const { runs } = await this.#client.list({ limit: 50 })
      this.#history.show(runs, this.#run?.id ?? null)
    } catch {
      // The list is an extra: what was listed stays, and the next try comes with the next answer.
    }
  }
}

new Page().open()
void new ModelsView().load()
