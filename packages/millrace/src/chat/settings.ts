import type { Sessions } from './sessions.ts'

/** What becomes of a question while another one is being answered: it waits, is given that answer, or is refused as `busy`. */
export type Busy = 'queue' | 'join' | 'refuse'

/** What a chat's routes go by. */
export interface Chat {
  /** The kind that answers, of `defineTurn`. */
  readonly kind: string
  readonly busy: Busy
  readonly sessions: Sessions | null
}
