import type { Json } from '../../event/run-event.ts'
import type { Problem } from '../../protocol/wire.ts'

/** What one message asks. */
export interface Asked {
  /** To be let in by it. */
  readonly token?: string | undefined
  /** @throws MillraceError as the same request over HTTP would answer */
  readonly act?: (principal: string) => Promise<void>
}

/** What a socket is for: how its two sides talk, and what comes of it. Who may talk at all is not its business. */
export interface SocketTalk {
  /** What is said when nobody is named yet, when somebody is let in, and when it was silent for a while; `null` for nothing. */
  readonly words: { readonly stranger: object | null; readonly welcome: object | null; readonly heartbeat: object }
  /** @throws MillraceError `invalid_request` */
  read(message: Json): Asked
  /** What is said where a message is refused. @param message `null` where there was none, or nobody could read it */
  refusal(problem: Problem, message: Json): object
  /** The socket took something of what waited. */
  drain(): void
  close(): void
}

/** Makes the talk of a socket that is open. @param say does nothing once it is closed */
export type BeginTalk = (say: (message: object) => void) => SocketTalk
