import type { Json } from '../event/run-event.ts'
import type { Signal } from '../store/store.ts'

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
  /** A signal is about to be given to the handler. */
  readonly onTaken: (signal: Signal) => void
  /** Whatever was said of a signal has been said; also of one that was not accepted. */
  readonly onDone: (signal: Signal) => void
  readonly onRefused: (signal: Signal, error: unknown) => void
}

/** Signals on their way from the store to a handler. */
export class Inbox<Sent extends RunSignal> implements Signals<Sent> {
  readonly #options: InboxOptions
  readonly #arrived: Signal[] = []
  #given: Signal | null = null
  #turn: Promise<unknown> = Promise.resolve()
  #wake: (() => void) | null = null
  #since: number | null = null

  constructor(options: InboxOptions) {
    this.#options = options
    options.aborted.addEventListener('abort', () => this.#wake?.())
  }

  /** For how many ms the handler has waited for a signal; `null` while it does not. */
  get waiting(): number | null {
    return this.#since === null || this.#arrived.length > 0 ? null : performance.now() - this.#since
  }

  add(signal: Signal): void {
    this.#arrived.push(signal)
    this.#wake?.()
  }

  async next(): Promise<IteratorYieldResult<Sent>> {
    return { value: await this.#inTurn(() => this.#awaited()), done: false }
  }

  poll(): Promise<Sent | null> {
    return this.#inTurn(() => this.#first())
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

  async #awaited(): Promise<Sent> {
    for (;;) {
      const signal = await this.#first()
      if (signal) return signal
      // It may have come while this was on its way.
      if (this.#arrived.length > 0 || this.#options.aborted.aborted) continue
      this.#since = performance.now()
      await new Promise<void>((resolve) => (this.#wake = resolve))
      this.#wake = null
      this.#since = null
    }
  }

  async #first(): Promise<Sent | null> {
    const { aborted, check, onTaken, onDone, onRefused } = this.#options
    if (this.#given) onDone(this.#given)
    this.#given = null
    for (;;) {
      aborted.throwIfAborted()
      const signal = this.#arrived.shift()
      if (!signal) return null
      try {
        const { id, type } = signal
        const data = await check(type, JSON.parse(signal.data) as Json)
        aborted.throwIfAborted()
        this.#given = signal
        onTaken(signal)
        // What the kind's own check let through is what its handler takes.
        return { id, type, data } as Sent
      } catch (error) {
        aborted.throwIfAborted()
        onRefused(signal, error)
        onDone(signal)
      }
    }
  }
}
