import { MillraceError } from '../event/error.ts'
import { after } from '../run/after.ts'

/** A source that can be given up in the middle of a step, whether or not it listens to its signal. */
export class Upstream<T> {
  readonly #source: AsyncGenerator<T, void, undefined>
  readonly #controller = new AbortController()
  readonly #signal: AbortSignal
  readonly #onAbort = (): void => this.stop(this.#signal.reason)
  /** Set while a step is waited for. */
  #giveUp: ((reason: unknown) => void) | null = null

  constructor(ask: (signal: AbortSignal) => AsyncGenerator<T, void, undefined>, signal: AbortSignal) {
    this.#signal = signal
    this.#source = ask(this.#controller.signal)
    if (signal.aborted) this.#onAbort()
    else signal.addEventListener('abort', this.#onAbort)
  }

  /** The next step, within `ms`; `null` at the end. @throws `late`, and whatever the source is stopped for */
  async next(ms: number, late: () => Error): Promise<T | null> {
    this.#controller.signal.throwIfAborted()
    const callOff = after(ms, () => this.stop(late()))
    try {
      const { done, value } = await new Promise<IteratorResult<T, void>>((resolve, reject) => {
        this.#giveUp = reject
        this.#source.next().then(resolve, reject)
      })
      this.#giveUp = null
      return done === true ? null : value
    } finally {
      callOff()
    }
  }

  stop(reason: unknown): void {
    this.#controller.abort(reason)
    this.#giveUp?.(reason)
  }

  /** Closes the source; waits for that unless it is in the middle of a step, which may never end. */
  async close(): Promise<void> {
    this.#signal.removeEventListener('abort', this.#onAbort)
    this.#controller.abort(new MillraceError('closed', 'Nobody waits for the rest of this answer.'))
    const closing = this.#source.return()
    if (this.#giveUp === null) await closing
    // Whoever reads was told why it was given up: what becomes of its last step is nobody's answer.
    else closing.catch(() => undefined)
  }
}
