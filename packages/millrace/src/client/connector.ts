import { MillraceError } from '../event/error.ts'
import {
  broken,
  next,
  statusOf,
  type ConnectionAction,
  type ConnectionEvent,
  type ConnectionState,
  type ConnectionStatus,
  type Pulse,
} from './connection.ts'
import type { Host } from './host.ts'

/** What an attempt came to. A rejection is an attempt that broke. */
export type Answer<T> = { readonly type: 'opened'; readonly value: T } | Lost | Extract<ConnectionEvent, { type: 'ended' }>
export type Lost = Extract<ConnectionEvent, { type: 'lost' }>

/**
 * Carries out what the connection's machine decides: attempts, the timer, wake-ups. An attempt
 * runs as soon as it is due, whether or not anybody waits in {@link ready} at that moment.
 */
export class Connector<T> {
  readonly #host: Host
  readonly #attempt: (signal: AbortSignal) => Promise<Answer<T>>
  readonly #leaving: AbortSignal | undefined
  readonly #onStatus: ((status: ConnectionStatus) => void) | undefined
  /** Aborts when this connector is done with. */
  readonly #life = new AbortController()
  #state: ConnectionState = { name: 'idle' }
  #current: AbortController | undefined
  #opened: T | null = null
  #pulse: { -readonly [Field in keyof Pulse]: Pulse[Field] } = { asked: 0, waiting: false, progress: false, retry: 0 }
  #clearTimer: (() => void) | undefined
  #changed: (() => void) | undefined

  /** @param leaving closes this when it aborts; {@link ready} throws its reason then. */
  constructor(
    host: Host,
    attempt: (signal: AbortSignal) => Promise<Answer<T>>,
    leaving: AbortSignal | undefined,
    onStatus?: (status: ConnectionStatus) => void,
  ) {
    this.#host = host
    this.#attempt = attempt
    this.#leaving = leaving
    this.#onStatus = onStatus
  }

  close(): void {
    this.dispatch({ type: 'closed' })
  }

  /** What the live attempt opened, if one is live. */
  get live(): T | null {
    return this.#state.name === 'live' ? this.#opened : null
  }

  /** A read of what is {@link live} begins to wait. */
  asked(): void {
    this.#pulse.asked = this.#host.now()
    this.#pulse.waiting = true
  }

  /** It was answered, perhaps with entries. @param retry the server's newest `retry:` so far */
  heard(progress: boolean, retry: number): void {
    const pulse = this.#pulse
    pulse.waiting = false
    pulse.progress ||= progress
    pulse.retry = retry
  }

  /** Waits for a live attempt; the first to ask begins one. `null` when nothing more will come; throws what made it fail. */
  async ready(): Promise<T | null> {
    for (;;) {
      const state = this.#state
      if (state.name === 'failed') throw state.error
      if (state.name === 'ended') return null
      this.#leaving?.throwIfAborted()
      if (state.name === 'closed') return null
      if (state.name === 'live') return this.#opened
      if (state.name === 'idle') this.#start()
      else {
        await new Promise<void>((resolve) => {
          this.#changed = resolve
        })
      }
    }
  }

  dispatch(event: ConnectionEvent): void {
    const host = this.#host
    const before = statusOf(this.#state)
    const moment = { now: host.now(), random: host.random(), online: host.isOnline(), pulse: this.#pulse }
    const { state, actions } = next(this.#state, event, moment)
    this.#state = state
    for (const action of actions) this.#perform(action)
    const status = statusOf(state)
    this.#changed?.()
    if (status !== before) this.#onStatus?.(status)
  }

  #start(): void {
    this.#leaving?.addEventListener('abort', () => this.close(), { signal: this.#life.signal })
    this.#host.onWake((wake) => this.dispatch({ type: 'wake', wake }), this.#life.signal)
    this.dispatch({ type: 'start' })
  }

  #perform(action: ConnectionAction): void {
    if (typeof action === 'object') {
      this.#clearTimer?.()
      this.#clearTimer = this.#host.timer(action.timer, () => this.dispatch({ type: 'timer' }))
      return
    }
    this.#current?.abort()
    if (action === 'connect') void this.#connect()
    if (action === 'release') {
      this.#clearTimer?.()
      this.#life.abort()
    }
  }

  async #connect(): Promise<void> {
    this.#pulse.progress = false
    this.asked()
    const { signal } = (this.#current = new AbortController())
    const answer = await this.#attempt(signal).catch(lostTo)
    if (signal.aborted) return
    if (answer.type === 'opened') {
      this.#opened = answer.value
      this.#pulse.waiting = false
    }
    this.dispatch(answer)
  }
}

/** What is not our own error comes from below us: the network. */
export function lostTo(error?: unknown): Lost {
  const ours = error instanceof MillraceError ? error : broken('The connection broke.', error)
  return { type: 'lost', error: ours, retryAfter: 0 }
}

/** Repeats `attempt` as the machine says until it succeeds once. */
export async function persist<T>(
  host: Host,
  attempt: (signal: AbortSignal) => Promise<Answer<T>>,
  leaving: AbortSignal | undefined,
): Promise<T> {
  const connector = new Connector(host, attempt, leaving)
  try {
    // No attempt of this kind says that it ended.
    return (await connector.ready()) as T
  } finally {
    connector.close()
  }
}
