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
  /** Online time since the last progress that brought nothing; what the retry budget bounds. */
  readonly spent: number
  /** The server's `retry:`, the least wait before an attempt. */
  readonly pause: number
  /** Whether an earlier attempt was live. */
  readonly wasLive: boolean
  /** Why the last attempt failed. */
  readonly cause: MillraceError | null
}

export type ConnectionState =
  | { readonly name: 'idle' }
  | { readonly name: 'connecting'; readonly effort: Effort; readonly since: number }
  | {
      readonly name: 'live'
      readonly effort: Effort
      readonly since: number
      /** When the newest byte came. */
      readonly heard: number
      /** Since when a read waits for a byte; `null` while nobody reads: silence says nothing then. */
      readonly reading: number | null
    }
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
  /** A read begins to wait for bytes. */
  | { readonly type: 'reading' }
  | { readonly type: 'bytes'; readonly progress: boolean }
  | { readonly type: 'retry'; readonly ms: number }
  /** The attempt failed or the body broke. Whether to try again: `error.retryable`. */
  | { readonly type: 'lost'; readonly error: MillraceError; readonly retryAfter: number; readonly online: boolean }
  /** Everything that was to come has come. */
  | { readonly type: 'ended' }
  | { readonly type: 'timer' }
  | { readonly type: 'wake'; readonly wake: Wake }
  /** The reader leaves. */
  | { readonly type: 'close' }

export type ConnectionAction =
  /** Begin an attempt; the one before, if any, is dropped. */
  | { readonly type: 'connect' }
  | { readonly type: 'disconnect' }
  /** Set the one timer anew. */
  | { readonly type: 'timer'; readonly ms: number }
  /** Disconnect, and let go of the timer and of wake-ups: nothing will follow. */
  | { readonly type: 'release' }

export interface Step {
  readonly state: ConnectionState
  readonly actions: readonly ConnectionAction[]
}

/** Silence that ends a connection: two heartbeats (15 s) and some. */
const STALL = 40_000
/** Silence after which a page that becomes visible does not trust its connection: one heartbeat is late. */
const LATE = 20_000
/** A connection that lived so long was none of the failing kind: proxies that cut after a minute use up no budget. */
const STEADY = 20_000
const BUDGET = 120_000
const BACKOFF = 500
const BACKOFF_CAP = 10_000
/** Hosts that say "offline" can be wrong, so now and then we try all the same. */
const OFFLINE_POLL = 30_000
const PAUSE_MIN = 100
const PAUSE_MAX = 60_000

const FRESH: Effort = { tries: 0, spent: 0, pause: 0, wasLive: false, cause: null }

/** @param random from 0 up to 1, for the jitter. */
export function next(state: ConnectionState, event: ConnectionEvent, now: number, random: number): Step {
  if (state.name === 'ended' || state.name === 'failed' || state.name === 'closed') return stay(state)
  if (event.type === 'close') return finish({ name: 'closed' })
  switch (state.name) {
    case 'idle':
      return event.type === 'start' ? connect(FRESH, now) : stay(state)
    case 'connecting':
      return whileConnecting(state, event, now, random)
    case 'live':
      return whileLive(state, event, now, random)
    case 'waiting':
      return whileWaiting(state, event, now)
    case 'offline':
      return event.type === 'timer' || event.type === 'wake' ? connect(state.effort, now) : stay(state)
  }
}

type In<Name extends ConnectionState['name']> = Extract<ConnectionState, { name: Name }>

function whileConnecting(state: In<'connecting'>, event: ConnectionEvent, now: number, random: number): Step {
  const effort = spend(state.effort, elapsed(state.since, now))
  switch (event.type) {
    case 'opened':
      return timed({ name: 'live', effort: state.effort, since: now, heard: now, reading: null }, STALL)
    case 'ended':
      return finish({ name: 'ended' })
    case 'lost':
      return retry(effort, event, now, random)
    case 'timer':
      return retry(effort, silent(), now, random)
    case 'wake':
      return event.wake === 'visible' ? stay(state) : connect(effort, now)
    default:
      return stay(state)
  }
}

function whileLive(state: In<'live'>, event: ConnectionEvent, now: number, random: number): Step {
  const silence = state.reading === null ? 0 : elapsed(state.reading, now)
  switch (event.type) {
    case 'reading':
      return stay({ ...state, reading: now })
    case 'bytes': {
      const effort = event.progress ? progressed(state.effort) : state.effort
      return stay({ ...state, effort, heard: now, reading: null })
    }
    case 'retry': {
      const pause = Math.min(Math.max(event.ms, PAUSE_MIN), PAUSE_MAX)
      return stay({ ...state, effort: { ...state.effort, pause } })
    }
    case 'ended':
      return finish({ name: 'ended' })
    case 'lost':
      return retry(effortAfter(state, silence), event, now, random)
    case 'timer':
      return silence < STALL ? timed(state, STALL - silence) : retry(effortAfter(state, silence), silent(), now, random)
    case 'wake':
      return event.wake === 'visible' && silence < LATE ? stay(state) : connect(effortAfter(state, silence), now)
    default:
      return stay(state)
  }
}

function whileWaiting(state: In<'waiting'>, event: ConnectionEvent, now: number): Step {
  if (event.type !== 'timer' && event.type !== 'wake') return stay(state)
  const effort = spend(state.effort, Math.min(now, state.until) - state.since)
  if (event.type === 'timer' || now >= state.earliest) return connect(effort, now)
  return timed({ ...state, effort, since: now, until: state.earliest }, state.earliest - now)
}

function connect(effort: Effort, now: number): Step {
  const left = BUDGET - effort.spent
  if (left <= 0) return giveUp(effort)
  return {
    state: { name: 'connecting', effort, since: now },
    actions: [{ type: 'connect' }, { type: 'timer', ms: Math.min(STALL, left) }],
  }
}

type Lost = Extract<ConnectionEvent, { type: 'lost' }>

function retry(before: Effort, lost: Lost, now: number, random: number): Step {
  const { error, online } = lost
  if (!error.retryable) return finish({ name: 'failed', error })
  const effort = { ...before, tries: before.tries + 1, cause: error }
  const disconnect = { type: 'disconnect' } as const
  if (!online) {
    return { state: { name: 'offline', effort }, actions: [disconnect, { type: 'timer', ms: OFFLINE_POLL }] }
  }
  const left = BUDGET - effort.spent
  const floor = Math.max(lost.retryAfter, effort.pause)
  if (left <= floor) return giveUp(effort)
  // Full jitter on top of what the server asked for: those it cut together do not return together.
  const backoff = random * Math.min(BACKOFF_CAP, BACKOFF * 2 ** before.tries)
  const delay = Math.min(floor + backoff, left)
  return {
    state: { name: 'waiting', effort, since: now, until: now + delay, earliest: now + floor },
    actions: [disconnect, { type: 'timer', ms: delay }],
  }
}

function silent(): Lost {
  const error = new MillraceError('incomplete', 'The server fell silent.', { retryable: true })
  return { type: 'lost', error, retryAfter: 0, online: true }
}

function giveUp(effort: Effort): Step {
  const message = 'The run did not reach its end within the retry budget.'
  return finish({ name: 'failed', error: new MillraceError('incomplete', message, { cause: effort.cause }) })
}

function effortAfter(state: In<'live'>, silence: number): Effort {
  const steady = state.heard - state.since >= STEADY
  return { ...spend(steady ? progressed(state.effort) : state.effort, silence), wasLive: true }
}

function spend(effort: Effort, ms: number): Effort {
  return { ...effort, spent: effort.spent + ms }
}

/** A suspended machine's timer fires hours late: a stretch never counts for more than its timer. */
function elapsed(since: number, now: number): number {
  return Math.min(now - since, STALL)
}

function progressed(effort: Effort): Effort {
  return effort.tries === 0 && effort.spent === 0 ? effort : { ...effort, tries: 0, spent: 0, cause: null }
}

function stay(state: ConnectionState): Step {
  return { state, actions: [] }
}

function timed(state: ConnectionState, ms: number): Step {
  return { state, actions: [{ type: 'timer', ms }] }
}

function finish(state: ConnectionState): Step {
  return { state, actions: [{ type: 'release' }] }
}

/** The connection as a page shows it. */
export type ConnectionStatus = 'idle' | 'connecting' | 'live' | 'reconnecting' | 'resumed' | 'offline' | 'ended' | 'failed'

export function statusOf(state: ConnectionState): ConnectionStatus {
  switch (state.name) {
    case 'closed':
      return 'idle'
    case 'live':
      return state.effort.wasLive ? 'resumed' : 'live'
    case 'connecting':
    case 'waiting':
      return state.effort.wasLive ? 'reconnecting' : 'connecting'
    default:
      return state.name
  }
}
