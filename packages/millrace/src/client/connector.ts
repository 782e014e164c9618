import { MillraceError } from '../event/error.ts'
import {
  broken,
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
  { readonly type: 'opened'; readonly value: T } | Extract<ConnectionEvent, { type: 'lost' | 'ended' }>

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
  /** Aborts when this connector is done with. */
  readonly #life = new AbortController()
  #leaving: AbortSignal | undefined
  #state: ConnectionState = { name: 'idle' }
  #current = new AbortController()
  #opened: Opened<T> | null = null
  #clearTimer: () => void = () => {}
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

  /** @param leaving closes this when it aborts; {@link ready} throws its reason then. */
  start(leaving?: AbortSignal): void {
    leaving?.throwIfAborted()
    leaving?.addEventListener('abort', () => this.close(), { signal: this.#life.signal })
    this.#leaving = leaving
    this.#host.onWake((wake) => this.dispatch({ type: 'wake', wake }), this.#life.signal)
    this.dispatch({ type: 'start' })
  }

  close(): void {
    this.dispatch({ type: 'closed' })
  }

  /** Waits for a live attempt. `null` when nothing more will come; throws what made it fail. */
  async ready(): Promise<Opened<T> | null> {
    for (;;) {
      const state = this.#state
      if (state.name === 'failed') throw state.error
      if (state.name === 'closed') this.#leaving?.throwIfAborted()
      if (state.name === 'ended' || state.name === 'closed') return null
      if (state.name === 'live') return this.#opened
      await new Promise<void>((resolve) => {
        this.#changed = resolve
      })
    }
  }

  dispatch(event: ConnectionEvent): void {
    const host = this.#host
    const before = statusOf(this.#state)
    const moment = { now: host.now(), random: host.random(), online: host.isOnline() }
    const { state, actions } = next(this.#state, event, moment)
    this.#state = state
    for (const action of actions) this.#perform(action)
    const status = statusOf(state)
    this.#changed()
    if (status !== before) this.#onStatus(status)
  }

  #perform(action: ConnectionAction): void {
    if (typeof action === 'object') {
      this.#clearTimer()
      this.#clearTimer = this.#host.timer(action.timer, () => this.dispatch({ type: 'timer' }))
      return
    }
    this.#current.abort()
    if (action === 'connect') void this.#connect()
    if (action === 'release') {
      this.#clearTimer()
      this.#life.abort()
    }
  }

  async #connect(): Promise<void> {
    this.#current = new AbortController()
    const { signal } = this.#current
    const answer = await this.#attempt(signal).catch(lostTo)
    if (signal.aborted) return
    if (answer.type === 'opened') this.#opened = { value: answer.value, signal }
    this.dispatch(answer)
  }
}

/** What is not our own error comes from below us: the network. */
export function lostTo(error: unknown): Extract<ConnectionEvent, { type: 'lost' }> {
  const ours = error instanceof MillraceError ? error : broken('The connection broke.', error)
  return { type: 'lost', error: ours, retryAfter: 0 }
}

/** Repeats `attempt` as the machine says until it succeeds once. */
export async function persist<T>(
  host: Host,
  attempt: (signal: AbortSignal) => Promise<Answer<T>>,
  leaving: AbortSignal | undefined,
): Promise<T> {
  const connector = new Connector(host, attempt)
  try {
    connector.start(leaving)
    const opened = await connector.ready()
    if (opened === null) throw new MillraceError('invalid_response', 'The answer is empty.')
    return opened.value
  } finally {
    connector.close()
  }
}
