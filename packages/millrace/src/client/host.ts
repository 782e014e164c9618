/**
 * Why the connection may be worth another look: the network came back, the page is visible again,
 * or the page was restored from the back/forward cache (its connections are dead then).
 */
export type Wake = 'online' | 'visible' | 'restored'

/** Everything the client asks of where it runs. Tests and other hosts bring their own. */
export interface Host {
  fetch(url: string, init: RequestInit): Promise<Response>
  /** Calls `run` once after `ms`; returns what takes it back. */
  timer(ms: number, run: () => void): () => void
  /** In ms, from anywhere, never set back. */
  now(): number
  /** From 0 up to 1. */
  random(): number
  /** False only where the host knows that there is no network. */
  isOnline(): boolean
  /** Calls `listener` until `signal` aborts. */
  onWake(listener: (wake: Wake) => void, signal: AbortSignal): void
}

/** Browsers, and every runtime that has `fetch`: what is missing there (a page, say) never wakes. */
export const defaultHost: Host = {
  fetch: (url, init) => fetch(url, init),
  timer(ms, run) {
    const timer = setTimeout(run, ms)
    return () => clearTimeout(timer)
  },
  now: () => performance.now(),
  random: Math.random,
  isOnline: () => (globalThis.navigator as Navigator | undefined)?.onLine !== false,
  onWake(listener, signal) {
    if (typeof document === 'undefined') return
    addEventListener('online', () => listener('online'), { signal })
    addEventListener('pageshow', (event) => event.persisted && listener('restored'), { signal })
    document.addEventListener('visibilitychange', () => document.hidden || listener('visible'), { signal })
  },
}
