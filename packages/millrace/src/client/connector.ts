import { MillraceError } from '../event/error.ts'
import {
  next,
  statusOf,
  type ConnectionAction,
  type ConnectionEvent,
  type ConnectionState,
  type ConnectionStatus,
} from './connection.ts'
import type { Host } from './host.ts'

/** What an attempt came to. A rejection is an attempt that broke. */
export type Answer<T> =
  | { readonly type: 'opened'; readonly value: T }
  | { readonly type: 'ended' }
  | { readonly type: 'refused'; readonly error: MillraceError; readonly retryAfter: number }

export interface Opened<T> {
  readonly value: T
  /** Aborted once this attempt is no longer the current one. */
  readonly signal: AbortSignal
}

/**
 * Carries out what the connection's machine decides: attempts, the timer, wake-ups. An attempt
 * runs as soon as it is due, whether or not anybody waits in {@link ready} at that moment.
 */
export class Connector<T> {
  readonly #host: Host
  readonly #attempt: (signal: AbortSignal) => Promise<Answer<T>>
  readonly #onStatus: (status: ConnectionStatus) => void
  #state: ConnectionState = { name: 'idle' }
  #current = new AbortController()
  #opened: Opened<T> | null = null
  #clearTimer: () => void = () => {}
  #stopWaking: () => void = () => {}
  #changed: () => void = () => {}

  constructor(
    host: Host,
    attempt: (signal: AbortSignal) => Promise<Answer<T>>,
    onStatus: (status: ConnectionStatus) => void = () => {},
  ) {
    this.#host = host
    this.#attempt = attempt
    this.#onStatus = onStatus
  }

  start(): void {
    if (this.#state.name !== 'idle') return
    this.#stopWaking = this.#host.onWake((wake) => this.dispatch({ type: 'wake', wake }))
    this.dispatch({ type: 'start' })
  }

  /** Waits for a live attempt. `null` when nothing more will come; throws what made it fail. */
  async ready(): Promise<Opened<T> | null> {
    for (;;) {
      const state = this.#state
      if (state.name === 'failed') throw state.error
      if (state.name === 'ended' || state.name === 'closed') return null
      if (state.name === 'live') return this.#opened
      await new Promise<void>((resolve) => {
        this.#changed = resolve
      })
    }
  }

  dispatch(event: ConnectionEvent): void {
    const before = statusOf(this.#state)
    const { state, actions } = next(this.#state, event, this.#host.now(), this.#host.random())
    this.#state = state
    for (const action of actions) this.#perform(action)
    const status = statusOf(state)
    if (status !== before) this.#onStatus(status)
    this.#changed()
  }

  lost(error: MillraceError, retryAfter: number = 0): void {
    this.dispatch({ type: 'lost', error, retryAfter, online: this.#host.isOnline() })
  }

  #perform(action: ConnectionAction): void {
    switch (action.type) {
      case 'connect':
        this.#current.abort()
        this.#current = new AbortController()
        void this.#run(this.#current.signal)
        break
      case 'disconnect':
        this.#current.abort()
        break
      case 'timer':
        this.#clearTimer()
        this.#clearTimer = this.#host.timer(action.ms, () => this.dispatch({ type: 'timer' }))
        break
      case 'release':
        this.#current.abort()
        this.#clearTimer()
        this.#stopWaking()
        break
    }
  }

  async #run(signal: AbortSignal): Promise<void> {
    try {
      const answer = await this.#attempt(signal)
      if (signal.aborted) return
      if (answer.type === 'refused') return this.lost(answer.error, answer.retryAfter)
      if (answer.type === 'opened') this.#opened = { value: answer.value, signal }
      this.dispatch({ type: answer.type })
    } catch (error) {
      if (!signal.aborted) this.lost(ourError(error))
    }
  }
}

/** An error that is not ours comes from below: the network. */
export function ourError(error: unknown): MillraceError {
  if (error instanceof MillraceError) return error
  return new MillraceError('incomplete', 'The connection broke.', { cause: error, retryable: true })
}

/** Repeats `attempt` as the machine says until it succeeds once. */
export async function persist<T>(
  host: Host,
  attempt: (signal: AbortSignal) => Promise<Answer<T>>,
  signal: AbortSignal | undefined,
): Promise<T> {
  signal?.throwIfAborted()
  const connector = new Connector(host, attempt)
  const leave = (): void => connector.dispatch({ type: 'close' })
  signal?.addEventListener('abort', leave)
  try {
    connector.start()
    const opened = await connector.ready()
    if (opened) return opened.value
    signal?.throwIfAborted()
    throw new MillraceError('invalid_response', 'The server answered with nothing.')
  } finally {
    signal?.removeEventListener('abort', leave)
    leave()
  }
}
