/**
 * A signal that aborts with another one, or after a time. By hand: in Node 20 a timeout that stands behind
 * `AbortSignal.any` alone may be collected before its time, and never comes.
 */
export class Deadline {
  readonly signal: AbortSignal
  isOver = false
  readonly #release: () => void

  constructor(ms: number, leaving: AbortSignal) {
    leaving.throwIfAborted()
    const controller = new AbortController()
    const leave = (): void => controller.abort(leaving.reason)
    const timer = setTimeout(() => {
      this.isOver = true
      controller.abort()
    }, ms)
    leaving.addEventListener('abort', leave)
    this.signal = controller.signal
    this.#release = () => {
      clearTimeout(timer)
      leaving.removeEventListener('abort', leave)
    }
  }

  /** Does it under the deadline, which is gone afterwards. */
  static async within<T>(ms: number, leaving: AbortSignal, work: (deadline: Deadline) => Promise<T>): Promise<T> {
    const deadline = new Deadline(ms, leaving)
    try {
      return await work(deadline)
    } finally {
      deadline.#release()
    }
  }
}
