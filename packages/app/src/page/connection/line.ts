import type { Host, Wake } from 'millrace/client'

/** The page's line to the server, which can be cut and held, as a tunnel or a flat battery would. */
export class Line {
  #isCut = false
  #open = new AbortController()
  readonly #wakers = new Set<(wake: Wake) => void>()
  readonly #listeners = new Set<() => void>()

  /** What a client asks of the browser, with this line between. */
  readonly host: Host = {
    fetch: (url, init) => {
      const signals = init.signal ? [init.signal, this.#open.signal] : [this.#open.signal]
      return fetch(url, { ...init, signal: AbortSignal.any(signals) })
    },
    timer(ms, run) {
      const timer = setTimeout(run, ms)
      return () => clearTimeout(timer)
    },
    now: () => performance.now(),
    random: Math.random,
    isOnline: () => navigator.onLine && !this.#isCut,
    onWake: (listener, signal) => {
      this.#wakers.add(listener)
      signal.addEventListener('abort', () => this.#wakers.delete(listener))
      addEventListener('online', () => listener('online'), { signal })
      addEventListener('pageshow', (event) => event.persisted && listener('restored'), { signal })
      document.addEventListener('visibilitychange', () => document.hidden || listener('visible'), { signal })
    },
  }

  readonly isCut = (): boolean => this.#isCut

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Everything that is open breaks, and nothing new gets through. */
  cut(): void {
    this.#isCut = true
    this.#open.abort()
    this.#tell()
  }

  mend(): void {
    this.#isCut = false
    this.#open = new AbortController()
    this.#tell()
    for (const wake of this.#wakers) wake('online')
  }

  #tell(): void {
    for (const listener of this.#listeners) listener()
  }
}
