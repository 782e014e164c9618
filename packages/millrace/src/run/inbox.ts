import type { Json } from '../event/run-event.ts'
import type { Signal } from '../store/store.ts'
import type { Asked } from './asked.ts'

/** A signal as a handler is given it. */
export interface RunSignal {
  readonly id: string
  readonly type: string
  /** What the kind's own check made of what was sent. */
  readonly data: unknown
}

/**
 * The signals of a run, in the order they reached the store, `cancel` excepted. Each is done with by
 * the write that commits the first thing said or saved after it was taken, or else by asking for the
 * next one. All that is said of it without waiting for anything stands in that one write: whoever
 * takes over after a crash is given just the signals of which the log says nothing yet.
 */
export interface Signals<Sent extends RunSignal = RunSignal> extends AsyncIterator<Sent, never, undefined> {
  /**
   * The next signal. The run waits for it and does nothing else meanwhile: after a time it is let go
   * of as `waiting`, this call rejects, and whoever works on when the signal came has `resumed`.
   */
  next(): Promise<IteratorYieldResult<Sent>>
  /** The next signal where one is there, else `null` at once: for work that goes on meanwhile. */
  poll(): Promise<Sent | null>
  [Symbol.asyncIterator](): Signals<Sent>
}

export interface InboxOptions {
  /** Aborted when nothing more shall be given out: its reason is thrown. */
  readonly aborted: AbortSignal
  /** What the handler gets for what was sent. @throws where it takes no such signal any more */
  readonly check: (type: string, data: Json) => Promise<unknown>
  /** What is known of the run's questions: their answers are not for `next` and `poll`. */
  readonly asked: Asked
  /** Has done with an answer that stands before a signal which is about to be given out, if it can. */
  readonly onEarly: (answer: Signal) => Promise<void>
  /** A signal is about to be given to the handler: what is said of it has done with all up to this `seq`. */
  readonly onTaken: (seq: number) => void
  /** Of all signals up to this `seq` whatever is to be said has been said; also of those not accepted. */
  readonly onDone: (seq: number) => void
  readonly onRefused: (signal: Signal, error: unknown) => void
}

/** Signals on their way from the store to a handler. */
export class Inbox<Sent extends RunSignal> implements Signals<Sent> {
  readonly #options: InboxOptions
  #arrived: Signal[] = []
  /** Those that are not done with, by `seq`, in order. */
  readonly #open = new Set<number>()
  /** The newest that is done with. */
  #settled = 0
  #given: Signal | null = null
  /** Questions that somebody waits to have answered. */
  readonly #awaitedAnswers = new Set<string>()
  #turn: Promise<unknown> = Promise.resolve()
  readonly #waiters = new Set<() => void>()
  #since = 0
  /** Grows with everything that somebody who waits may have waited for. */
  #news = 0

  constructor(options: InboxOptions) {
    this.#options = options
    options.aborted.addEventListener('abort', () => this.#wake())
  }

  /** For how many ms the handler has waited for a signal; `null` while it does not. */
  get waiting(): number | null {
    return this.#waiters.size === 0 || this.#arrived.length > 0 ? null : performance.now() - this.#since
  }

  add(signal: Signal): void {
    this.#open.add(signal.seq)
    // A predecessor said what it brought, and could not yet tell the store because of one before it.
    if (this.#options.asked.answeredBy(signal)?.answer !== undefined) {
      this.settle(signal)
      return
    }
    this.#arrived.push(signal)
    this.#wake()
  }

  async next(): Promise<IteratorYieldResult<Sent>> {
    return { value: await this.#inTurn(() => this.#awaited(() => this.#first())), done: false }
  }

  poll(): Promise<Sent | null> {
    return this.#inTurn(() => this.#first())
  }

  /** The signal that answers a question, whatever came before it. It is done with by {@link settle}. */
  answer(id: string, type: string): Promise<Signal> {
    this.#letGo()
    this.#awaitedAnswers.add(id)
    return this.#awaited(() => {
      this.#options.aborted.throwIfAborted()
      return this.#take((signal) => signal.id === id && signal.type === type)
    })
  }

  /** Whatever is to be said of this signal has been said. */
  settle({ seq }: Signal): void {
    const reach = this.#reach(seq)
    this.#open.delete(seq)
    this.#arrived = this.#arrived.filter((one) => one.seq !== seq)
    this.#settled = Math.max(this.#settled, seq)
    if (reach > 0) this.#options.onDone(reach)
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  /** One after another: a check may take its time, and the order stays. */
  #inTurn<T>(take: () => Promise<T>): Promise<T> {
    const taken = this.#turn.then(take)
    this.#turn = taken.catch(() => undefined)
    return taken
  }

  async #awaited<T>(look: () => T | null | Promise<T | null>): Promise<T> {
    for (;;) {
      const known = this.#news
      const found = await look()
      if (found) return found
      // It may have come while this was on its way.
      if (this.#news !== known) continue
      this.#since = performance.now()
      await new Promise<void>((resolve) => this.#waiters.add(resolve))
    }
  }

  #wake(): void {
    this.#news += 1
    for (const wake of this.#waiters) wake()
    this.#waiters.clear()
  }

  async #first(): Promise<Sent | null> {
    const { aborted, asked, check, onTaken, onRefused } = this.#options
    this.#letGo()
    for (;;) {
      aborted.throwIfAborted()
      await this.#passAnswers()
      const signal = this.#take((one) => !asked.answeredBy(one))
      if (!signal) return null
      try {
        const { id, type } = signal
        const data = await check(type, JSON.parse(signal.data) as Json)
        aborted.throwIfAborted()
        this.#given = signal
        onTaken(this.#reach(signal.seq))
        // What the kind's own check let through is what its handler takes.
        return { id, type, data } as Sent
      } catch (error) {
        aborted.throwIfAborted()
        onRefused(signal, error)
        this.settle(signal)
      }
    }
  }

  /** Has done with the answers that stand before the next signal. One that is waited for is under way. */
  async #passAnswers(): Promise<void> {
    const { asked, aborted, onEarly } = this.#options
    const next = this.#arrived.findIndex((signal) => !asked.answeredBy(signal))
    for (const answer of this.#arrived.slice(0, Math.max(next, 0))) {
      if (!this.#awaitedAnswers.has(answer.id)) await onEarly(answer)
      aborted.throwIfAborted()
    }
  }

  /** Whoever asks for more has said of the last one what it had to say. */
  #letGo(): void {
    if (this.#given) this.settle(this.#given)
    this.#given = null
  }

  #take(wanted: (signal: Signal) => boolean): Signal | null {
    const index = this.#arrived.findIndex(wanted)
    return index === -1 ? null : (this.#arrived.splice(index, 1)[0] ?? null)
  }

  /** Up to where all are done with once this one is. A store knows no gaps: an older one that is open holds back those behind it. */
  #reach(seq: number): number {
    const newest = Math.max(this.#settled, seq)
    for (const open of this.#open) if (open !== seq) return Math.min(newest, open - 1)
    return newest
  }
}
