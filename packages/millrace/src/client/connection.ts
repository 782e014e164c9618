import { MillraceError } from '../event/error.ts'
import type { Wake } from './host.ts'

/**
 * The life of one follow's connection as a pure machine: immutable states, and a function from
 * state and event to the next state and what is to be done. All times in ms.
 */

/** What outlives one attempt. */
interface Effort {
  /** Attempts that failed since the last progress. */
  readonly tries: number
  /** Online time since the last progress that brought nothing: what the retry budget bounds. */
  readonly spent: number
  /** Whether an earlier attempt was live. */
  readonly wasLive: boolean
  /** Why the last attempt failed. */
  readonly cause: MillraceError | null
}

interface Attempt {
  readonly effort: Effort
  readonly since: number
}

/**
 * What the reader of the current attempt saw. These are no events: a step of the machine for every
 * chunk would cost more than to read it.
 */
export interface Pulse {
  /** When the attempt or its newest read began. Whatever came before was heard by then. */
  readonly asked: number
  /** Whether that still waits. While nobody reads, silence says nothing. */
  readonly waiting: boolean
  /** Whether the attempt brought an entry. */
  readonly progress: boolean
  /** The server's newest `retry:`, the least wait before an attempt; 0 before one came. It outlives the attempt. */
  readonly retry: number
}

export type ConnectionState =
  | { readonly name: 'idle' }
  | ({ readonly name: 'connecting' | 'live' } & Attempt)
  | {
      readonly name: 'waiting'
      readonly effort: Effort
      readonly since: number
      readonly until: number
      /** The server asked for no request before this; a wake-up may not come earlier either. */
      readonly earliest: number
    }
  | { readonly name: 'offline'; readonly effort: Effort }
  | { readonly name: 'ended' }
  | { readonly name: 'failed'; readonly error: MillraceError }
  | { readonly name: 'closed' }

export type ConnectionEvent =
  | { readonly type: 'start' }
  /** The server accepted the request. */
  | { readonly type: 'opened' }
  /** The attempt failed or the body broke. Whether to try again: `error.retryable`. */
  | { readonly type: 'lost'; readonly error: MillraceError; readonly retryAfter: number }
  | { readonly type: 'timer' }
  | { readonly type: 'wake'; readonly wake: Wake }
  /** Everything that was to come has come. */
  | { readonly type: 'ended' }
  /** The reader left. */
  | { readonly type: 'closed' }

export type ConnectionAction =
  /** Begin an attempt; the one before, if any, is dropped. */
  | 'connect'
  | 'disconnect'
  /** Disconnect, and let go of the timer and of wake-ups: nothing will follow. */
  | 'release'
  /** Set the one timer anew. */
  | { readonly timer: number }

export interface Step {
  readonly state: ConnectionState
  readonly actions: readonly ConnectionAction[]
}

/** What surrounds an event. */
export interface Moment {
  readonly now: number
  /** From 0 up to 1, for the jitter. */
  readonly random: number
  readonly online: boolean
  readonly pulse: Pulse
}

/** Silence that ends an attempt: two heartbeats (15 s) and some. */
export const STALL: number = 40_000
/** Silence after which a page that becomes visible does not trust its connection: one heartbeat is late. */
const LATE = 20_000
/** A connection that lived so long was none of the failing kind: proxies that cut after a minute use up no budget. */
const STEADY = 20_000
/** Looked at between attempts, so the last one may exceed it. */
const BUDGET = 120_000
const BACKOFF = 500
const BACKOFF_CAP = 10_000
/** Hosts that say "offline" can be wrong, so now and then we try all the same. */
const OFFLINE_POLL = 30_000

const FRESH: Effort = { tries: 0, spent: 0, wasLive: false, cause: null }

export function next(state: ConnectionState, event: ConnectionEvent, moment: Moment): Step {
  if (state.name === 'ended' || state.name === 'failed' || state.name === 'closed') return step(state)
  if (event.type === 'ended' || event.type === 'closed') return step({ name: event.type }, 'release')
  if (state.name === 'idle') return connect(FRESH, moment)
  if (state.name !== 'waiting' && state.name !== 'offline') return whileAttempting(state, event, moment)
  if (event.type !== 'timer' && event.type !== 'wake') return step(state)
  return state.name === 'offline' ? connect(state.effort, moment) : whileWaiting(state, event, moment)
}

type In<Name> = Extract<ConnectionState, { name: Name }>

function whileAttempting(
  state: { readonly name: 'connecting' | 'live' } & Attempt,
  event: ConnectionEvent,
  moment: Moment,
): Step {
  const { now, pulse } = moment
  const { effort } = state
  // A suspended machine's timer fires hours late: silence never counts for more than the timer.
  const silence = pulse.waiting ? Math.min(now - pulse.asked, STALL) : 0
  switch (event.type) {
    case 'opened':
      return step({ name: 'live', effort, since: now }, { timer: STALL })
    case 'lost':
      return retry(effortAfter(state, pulse, silence), event.error, event.retryAfter, moment)
    case 'timer':
      if (silence < STALL) return step(state, { timer: STALL - silence })
      return retry(effortAfter(state, pulse, silence), broken('The server fell silent.'), 0, moment)
    case 'wake':
      return event.wake === 'visible' && silence < LATE ? step(state) : connect(effortAfter(state, pulse, silence), moment)
    default:
      return step(state)
  }
}

function whileWaiting(state: In<'waiting'>, event: ConnectionEvent, moment: Moment): Step {
  const { now } = moment
  const spent = state.effort.spent + Math.min(now, state.until) - state.since
  const effort = { ...state.effort, spent }
  if (event.type === 'timer' || now >= state.earliest) return connect(effort, moment)
  return step({ ...state, effort, since: now, until: state.earliest }, { timer: state.earliest - now })
}

function connect(effort: Effort, { now }: Moment): Step {
  if (effort.spent >= BUDGET) return giveUp(effort)
  return step({ name: 'connecting', effort, since: now }, 'connect', { timer: STALL })
}

function retry(before: Effort, error: MillraceError, retryAfter: number, moment: Moment): Step {
  const { now, random, online, pulse } = moment
  if (!error.retryable) return step({ name: 'failed', error }, 'release')
  const effort = { ...before, tries: before.tries + 1, cause: error }
  if (!online) return step({ name: 'offline', effort }, 'disconnect', { timer: OFFLINE_POLL })
  const left = BUDGET - effort.spent
  const floor = Math.max(retryAfter, pulse.retry)
  if (left <= floor) return giveUp(effort)
  // Full jitter on top of what the server asked for: those it cut together do not return together.
  const backoff = random * Math.min(BACKOFF_CAP, BACKOFF * 2 ** before.tries)
  const timer = Math.min(floor + backoff, left)
  const waiting = { name: 'waiting', effort, since: now, until: now + timer, earliest: now + floor } as const
  return step(waiting, 'disconnect', { timer })
}

function giveUp({ cause }: Effort): Step {
  const error = new MillraceError('incomplete', 'The retry budget ran out.', { cause })
  return step({ name: 'failed', error }, 'release')
}

/** An attempt that came to nothing, and another may fare better. */
export function broken(message: string, cause?: unknown): MillraceError {
  return new MillraceError('incomplete', message, { cause, retryable: true })
}

function effortAfter(
  { name, effort, since }: { readonly name: string } & Attempt,
  { asked, progress }: Pulse,
  silence: number,
): Effort {
  const fresh = progress || asked - since >= STEADY ? FRESH : effort
  return { ...fresh, spent: fresh.spent + silence, wasLive: effort.wasLive || name === 'live' }
}

function step(state: ConnectionState, ...actions: readonly ConnectionAction[]): Step {
  return { state, actions }
}

/** The connection as a page shows it. */
export type ConnectionStatus =
  'idle' | 'connecting' | 'live' | 'reconnecting' | 'resumed' | 'offline' | 'ended' | 'failed'

export function statusOf(state: ConnectionState): ConnectionStatus {
  if (state.name === 'closed') return 'idle'
  if (!('since' in state)) return state.name
  const { wasLive } = state.effort
  if (state.name === 'live') return wasLive ? 'resumed' : 'live'
  return wasLive ? 'reconnecting' : 'connecting'
}
