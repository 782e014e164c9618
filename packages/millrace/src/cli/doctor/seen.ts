import type { PatternHello } from '../../protocol/doctor.ts'

/** A frame of the pattern. Only differences count: the two clocks have nothing to do with each other. */
export interface Arrival {
  readonly n: number
  /** When it was sent, in ms by the server's clock. */
  readonly at: number
  /** When it came, in ms by ours. */
  readonly came: number
}

/** `clean`: as if it were complete, without its last frame. `silent`: nothing more came, and nothing said so. */
export type Ending = 'whole' | 'clean' | 'cut' | 'silent'

export type Headers = Readonly<Record<string, string>>

/** One pattern as it arrived. */
export interface StreamSeen {
  /** What was asked, in words: `GET text/event-stream`. */
  readonly where: string
  /** Sent and received, by name in lower case. */
  readonly asked: Headers
  readonly answered: Headers
  /** `null` where not even that came. */
  readonly hello: PatternHello | null
  readonly frames: readonly Arrival[]
  readonly ending: Ending
  /** From the last thing that came to the end, in ms. */
  readonly waited: number
}

/** It got no stream, though the one before it did. */
export interface Refused {
  readonly where: string
  readonly says: string
}

export type SocketSeen =
  | { readonly kind: 'open' }
  /** It opened, and not one message came. */
  | { readonly kind: 'dumb' }
  /** @property code of our own problem, where it is one */
  | { readonly kind: 'answered'; readonly status: number; readonly code: string | null }
  | { readonly kind: 'broken' }

/** The same silence twice: with the server's heartbeats and without. `null` where it was refused. */
export interface SilenceSeen {
  readonly seconds: number
  readonly beating: StreamSeen | null
  readonly still: StreamSeen | null
}

/** All that was looked at. */
export interface Observations {
  /** What `Host` was sent. */
  readonly host: string
  /** The first question, for the end of a pattern. */
  readonly knock: StreamSeen
  readonly streams: readonly StreamSeen[]
  readonly refused: readonly Refused[]
  /** The server cut it in the middle; `null` where something noticed in time and answered otherwise. */
  readonly cut: StreamSeen | null
  /** It asked for what follows the frame {@link resumedAfter}; `null` where it was refused. */
  readonly resumed: StreamSeen | null
  readonly resumedAfter: number
  readonly socket: SocketSeen
  /** `null`: nobody asked for one. */
  readonly silence: SilenceSeen | null
  /** What a browser would speak, over TLS; `null` without TLS. */
  readonly alpn: string | null
}
