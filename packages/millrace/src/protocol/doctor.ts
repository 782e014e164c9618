/** Where a server that offers it streams a known pattern, for whoever looks at what lies between (PROTOCOL.md §11). */
export const DOCTOR = '/doctor'

/** What `Millrace-Run` says on a pattern, which is no run. */
export const DOCTOR_RUN = 'doctor'

/** Small frames, one after another: what lies between shows whether it passes each on. */
export const BEATS = 20
/** Between a frame and the next, in ms. Shorter than what proxies wait to send pieces together (200), longer than a busy machine stalls. */
export const GAP = 100
/** The frame after the beats: more than any proxy takes for a small piece. */
export const LARGE: number = BEATS + 1
/** The frame that a silence stands before. */
export const AFTER_SILENCE: number = LARGE + 1
export const LAST: number = AFTER_SILENCE + 3

/** In seconds. */
export const MAX_SILENCE = 300

/** Headers of a request that are said back. None that proves who somebody is: an answer must not tell those to a page. */
export const SAID_BACK = ['Accept', 'Accept-Encoding', 'Host', 'Idempotency-Key', 'Last-Event-ID', 'Prefer'] as const

/** The first frame: how the server was asked and answers, to be compared with what was sent and arrives. */
export interface PatternHello {
  readonly type: 'hello'
  readonly n: 0
  readonly at: 0
  /** Random: who meets the same twice was answered by a cache. */
  readonly stream: string
  /** Silence after which heartbeats leave, in ms; `null`: none are sent. */
  readonly heartbeat: number | null
  /** Where whoever asked the server itself speaks that. */
  readonly http?: '1.0'
  /** By name, in lower case. */
  readonly asked: Readonly<Record<string, string>>
  readonly answered: Readonly<Record<string, string>>
}

export interface PatternBeat {
  readonly type: 'beat' | 'large' | 'end'
  /** From 1 to {@link LAST}. */
  readonly n: number
  /** When it was sent, in ms since the pattern began, by the server's clock. */
  readonly at: number
  readonly fill?: string
}

export type PatternFrame = PatternHello | PatternBeat
