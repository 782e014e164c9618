import type { AskEvent, Entry, Json } from '../event/run-event.ts'
import type { Signal } from '../store/store.ts'

interface Question {
  readonly ask: AskEvent
  /** Whether this attempt has said it: one that begins anew says its questions again. */
  said: boolean
  /** Whether this attempt has said what came of it. */
  told: boolean
  /** As it was sent; `undefined` while nobody answered. It holds in every attempt: nobody is asked twice. */
  answer: Json | undefined
}

/** The questions of a run by their ids: what its log says of them, and what is being said. */
export class Asked {
  readonly #questions = new Map<string, Question>()

  /** Folds an entry of the log. */
  add(entry: Entry): void {
    switch (entry.type) {
      case 'ask': {
        const { offset: _offset, first: _first, ...ask } = entry
        this.of(ask).said = true
        break
      }
      case 'answer': {
        const question = this.#questions.get(entry.id)
        // One that a handler worded itself says nothing that could be handed out again.
        if (question && entry.data !== undefined) Object.assign(question, { told: true, answer: entry.data })
        break
      }
      case 'attempt':
        this.beginAnew()
        break
      default:
    }
  }

  /** An attempt that begins anew has said nothing yet. */
  beginAnew(): void {
    for (const question of this.#questions.values()) Object.assign(question, { said: false, told: false })
  }

  of(ask: AskEvent): Question {
    const question = this.#questions.get(ask.id) ?? { ask, said: false, told: false, answer: undefined }
    this.#questions.set(ask.id, question)
    return question
  }

  /** The question that a signal answers. */
  answeredBy({ id, type }: Pick<Signal, 'id' | 'type'>): Question | null {
    const question = this.#questions.get(id)
    return question?.ask.signal === type ? question : null
  }
}
