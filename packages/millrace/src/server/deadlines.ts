import { MillraceError } from '../event/error.ts'
import type { Inquiry } from './inquiry.ts'

const TICK = 1_000
/** One for all: most streams have no deadline, and each keeps what it was given. */
const noCall = (): void => undefined

/**
 * One timer for all that is over at some time: it looks once a second, so each is over at most a second
 * late. By the clock on the wall, because that is what tokens go by.
 */
export class Deadlines {
  /** By the second they fall into: few, however many wait. */
  readonly #bySecond = new Map<number, Set<() => void>>()
  #timer: ReturnType<typeof setInterval> | null = null

  /**
   * Calls `onOver` once at about `time`, in ms since the epoch; never where there is none. It must not throw.
   * @returns what calls it off
   */
  at(time: number | undefined, onOver: () => void): () => void {
    if (time === undefined || time === Infinity) return noCall
    const second = Math.ceil(time / TICK)
    const due = this.#bySecond.get(second) ?? new Set()
    this.#bySecond.set(second, due)
    // Its own function, so that the same one given twice is called twice.
    const over = (): void => onOver()
    due.add(over)
    this.#timer ??= setInterval(() => this.#turn(), TICK)
    return () => {
      due.delete(over)
      if (due.size === 0) this.#forget(second)
    }
  }

  #turn(): void {
    const now = Date.now() / TICK
    for (const [second, due] of this.#bySecond) {
      if (second > now) continue
      this.#forget(second)
      for (const over of due) over()
    }
  }

  #forget(second: number): void {
    this.#bySecond.delete(second)
    if (this.#bySecond.size > 0 || !this.#timer) return
    clearInterval(this.#timer)
    this.#timer = null
  }
}

/** What a stream or a wait ends with when its caller's proof has run out. */
export function expired(): MillraceError {
  return new MillraceError('unauthorized', 'What says who you are has run out. Ask again with a new one.')
}

/** Does what waits, with a signal that is aborted at `time` and when whoever asked has left. Nothing is held after that. */
export async function withinTime<T>(
  deadlines: Deadlines, request: Inquiry, time: number | undefined, work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const stay = new AbortController()
  const leave = (): void => stay.abort(request.signal.reason)
  const callOff = deadlines.at(time, () => stay.abort(expired()))
  request.signal.addEventListener('abort', leave)
  if (request.signal.aborted) leave()
  try {
    return await work(stay.signal)
  } finally {
    callOff()
    request.signal.removeEventListener('abort', leave)
  }
}
