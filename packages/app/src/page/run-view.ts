import type { Entry, KnownEvent, Run } from 'millrace/client'
import { AnswerView } from './answer-view.ts'
import { find } from './dom.ts'
import { FrameQueue } from './frame.ts'
import { SourcesView } from './sources-view.ts'
import type { Source } from './sources-view.ts'
import { StatusView } from './status-view.ts'
import { codeOf } from './trouble.ts'
import { failedWords, STOPPED, troubleWords } from './words.ts'
import type { Outcome } from './words.ts'

export type Answer = Run

/** This application's own event, beside those of the vocabulary. */
interface QuestionEvent {
  readonly type: 'question'
  readonly message: string
}
type AnswerEntry = Entry<KnownEvent | QuestionEvent>

/** The question box with some air above it, in px. */
const BOX_HEIGHT = 150
const SLACK = 60

/** Shows one run as it grows, and another one after that. */
export class RunView {
  /** Called when the run has ended or cannot be shown. */
  onEnd: () => void = () => undefined

  readonly #article = find('answer', HTMLElement)
  readonly #question = find('question', HTMLElement)
  readonly #text = find('text', HTMLElement)
  readonly #answer = new AnswerView(this.#text)
  readonly #sources = new SourcesView(find('sources', HTMLElement), find('source-list', HTMLElement))
  readonly #status = new StatusView()
  readonly #queue = new FrameQueue<AnswerEntry>((entries) => {
    this.#draw(entries)
  })
  /** Leaves the run that is shown. */
  #leave: () => void = () => undefined
  #cited = 0

  get question(): string {
    return this.#question.textContent
  }

  get busy(): boolean {
    return this.#text.ariaBusy === 'true'
  }

  /** Shows a question before there is a run for it. */
  ask(question: string): void {
    this.#begin()
    this.#question.textContent = question
    this.#status.stage('Sending your question')
  }

  /** Shows a run from its start; what was shown before makes room. */
  async show(run: Answer, question: string): Promise<void> {
    this.#begin()
    this.#question.textContent = question
    const leaving = new AbortController()
    const unlisten = run.onConnection((connection) => {
      this.#status.connection(connection)
    })
    this.#leave = () => {
      leaving.abort()
      unlisten()
    }
    try {
      for await (const entries of run.batches({ signal: leaving.signal })) this.#queue.push(entries)
    } catch (error) {
      if (!leaving.signal.aborted) this.trouble(codeOf(error))
    }
  }

  /** Lets a keyboard or a screen reader go on from the question. */
  focus(): void {
    this.#question.focus()
  }

  /** Shows nothing. */
  close(): void {
    this.#begin()
    this.#article.hidden = true
    this.#text.ariaBusy = 'false'
  }

  /** Says that the run cannot be shown any further, and why. */
  trouble(code: string): void {
    this.#queue.flush()
    this.#finish(troubleWords(code))
  }

  #begin(): void {
    this.#leave()
    this.#queue.clear()
    this.#restart()
    this.#status.begin()
    this.#article.hidden = false
    this.#text.ariaBusy = 'true'
    window.scrollTo({ top: 0, behavior: 'instant' })
  }

  /** What was said so far does not count any more. */
  #restart(): void {
    this.#answer.clear()
    this.#sources.clear()
    this.#cited = 0
  }

  #draw(entries: readonly AnswerEntry[]): void {
    const inSight = this.#beneath() < SLACK
    for (const entry of entries) this.#add(entry)
    // Goes along with the growing text, unless the reader has scrolled away from its end.
    if (inSight && this.busy) window.scrollBy({ top: Math.max(0, this.#beneath()), behavior: 'instant' })
  }

  /** How far the end of the text lies beneath what can be seen of it, above the question box. */
  #beneath(): number {
    return this.#text.getBoundingClientRect().bottom - (window.innerHeight - BOX_HEIGHT)
  }

  #add(entry: AnswerEntry): void {
    switch (entry.type) {
      case 'question':
        this.#question.textContent = entry.message
        document.title = `${entry.message} · Millrace`
        break
      case 'delta':
        if (entry.kind === 'text') this.#answer.append(entry.text)
        break
      case 'source':
        this.#source(entry)
        break
      case 'status':
        this.#status.stage(entry.message ?? entry.status)
        break
      case 'progress':
        this.#status.progress(entry.done ?? 0, entry.total ?? 100)
        break
      case 'attempt':
        this.#restart()
        break
      case 'end':
        this.#end(entry)
        break
      default:
    }
  }

  #source(source: Source): void {
    const { number, href } = this.#sources.add(source)
    if (href !== null) this.#answer.link(number, href, source.title)
    this.#cited = number
  }

  #end(end: Extract<AnswerEntry, { readonly type: 'end' }>): void {
    if (end.status === 'completed') this.#finish(null)
    else this.#finish(end.status === 'cancelled' ? STOPPED : failedWords(end.error))
  }

  #finish(outcome: Outcome | null): void {
    this.#answer.end()
    this.#text.ariaBusy = 'false'
    this.#status.finish(outcome, this.#cited)
    this.onEnd()
  }
}
