import { MillraceError } from '../event/error.ts'
import type { AnswerEvent, AskEvent, Json } from '../event/run-event.ts'
import type { Signal } from '../store/store.ts'
import type { Asked } from './asked.ts'
import { isSignalId } from './ids.ts'
import type { Inbox, RunSignal } from './inbox.ts'

/** What a run needs to be told. Its answer is a signal of the type `signal` whose id is the question's. */
export type Question<Type extends string = string> = Omit<AskEvent, 'type' | 'signal'> & { readonly signal: Type }

export interface QuestionsOptions {
  readonly asked: Asked
  readonly inbox: Inbox<RunSignal>
  /** Adds to the log, for the next write. */
  readonly say: (event: AskEvent | AnswerEvent) => void
  /** Whether runs of this kind take signals of this type. */
  readonly takes: (type: string) => boolean
  /** What the handler gets for what was sent. @throws where it takes no such signal any more */
  readonly check: (type: string, data: Json) => Promise<unknown>
  readonly aborted: AbortSignal
}

/**
 * The questions of a run. What was answered and that the signal is done with stand in one write, and the
 * log is asked before anybody else: so each question is said once and answered once, whoever is killed.
 */
export class Questions {
  readonly #options: QuestionsOptions
  /** Who asks again under the same id asks nothing new. */
  readonly #asking = new Map<string, Promise<unknown>>()

  constructor(options: QuestionsOptions) {
    this.#options = options
  }

  ask(question: Question): Promise<unknown> {
    const asking = this.#asking.get(question.id) ?? this.#ask(question)
    this.#asking.set(question.id, asking)
    return asking
  }

  async #ask({ id, signal, call, message }: Question): Promise<unknown> {
    const { asked, inbox, say, takes, check, aborted } = this.#options
    aborted.throwIfAborted()
    if (!isSignalId(id)) throw invalid('its `id` is 1 to 64 letters, digits or any of . _ : -')
    if (!takes(signal)) throw invalid('its `signal` is none that this kind takes: name it in `signals`')
    const question = asked.of({ type: 'ask', id, signal, ...(call === undefined ? {} : { call }), ...(message === undefined ? {} : { message }) })
    if (!question.said) say(question.ask)
    question.said = true
    if (question.answer === undefined) return this.#receive(await inbox.answer(id, signal), question)
    if (!question.told) say(answerOf(id, question.answer))
    question.told = true
    return check(signal, question.answer)
  }

  /**
   * An answer that nobody asks for yet, since the work begins again further up. It is written down before
   * a signal that came after it is given out: a store has done with signals in their order.
   */
  async early(signal: Signal): Promise<void> {
    const { asked, say, aborted } = this.#options
    const question = asked.answeredBy(signal)
    if (!question) return
    if (!question.said) say(question.ask)
    question.said = true
    try {
      await this.#receive(signal, question)
    } catch {
      // What is not accepted any more is told to who asks for it.
      aborted.throwIfAborted()
    }
  }

  async #receive(signal: Signal, question: { told: boolean; answer: Json | undefined }): Promise<unknown> {
    const { inbox, say, check, aborted } = this.#options
    const data = JSON.parse(signal.data) as Json
    // The log keeps what was sent: whoever takes over checks it again and gets the same.
    const checked = await check(signal.type, data)
    aborted.throwIfAborted()
    say(answerOf(signal.id, data))
    inbox.settle(signal)
    Object.assign(question, { told: true, answer: data })
    return checked
  }
}

function answerOf(id: string, data: Json): AnswerEvent {
  return { type: 'answer', id, ...approvalIn(data), data }
}

/** The words of an approval that every dialect knows. */
function approvalIn(data: Json): Pick<AnswerEvent, 'approved' | 'message'> {
  if (typeof data !== 'object' || data === null || Array.isArray(data)) return {}
  const { approved, message } = data as { readonly [key: string]: Json }
  return { ...(typeof approved === 'boolean' ? { approved } : {}), ...(typeof message === 'string' ? { message } : {}) }
}

function invalid(what: string): MillraceError {
  return new MillraceError('invalid_event', `The handler asked something that cannot be asked: ${what}.`)
}
