import { MillraceError } from '../event/error.ts'
import { RouteSet } from '../server/endpoint.ts'
import { CONVERSATION } from './conversation.ts'
import { endpointAt, proofAt, socketAt } from './routes.ts'
import type { Sessions } from './sessions.ts'
import type { Busy, Chat } from './settings.ts'

export interface ChatOptions {
  /** The kind that answers, as it is called in `runs`. */
  readonly kind: string
  /** Default `refuse`: nothing is paid for that nobody may want, and whoever asks knows. */
  readonly busy?: Busy
  /** Of `createSessions`: what `POST /sessions` opens. Its `authenticate` is to be the app's, so that they are known again. */
  readonly sessions?: Sessions
}

const BUSY: readonly unknown[] = ['queue', 'join', 'refuse']

/** The routes of a chat, for `routes` of `createMillrace` (PROTOCOL.md §12). */
export function createChat({ kind, busy = 'refuse', sessions }: ChatOptions): RouteSet {
  if (typeof kind !== 'string' || kind === '') throw new MillraceError('invalid_request', 'createChat needs `kind`: what `defineTurn` made, as it is called in `runs`.')
  if (!BUSY.includes(busy)) throw new MillraceError('invalid_request', '`busy` is queue, join or refuse.')
  const chat: Chat = { kind, busy, sessions: sessions ?? null }
  return new RouteSet({
    endpoint: (segments) => endpointAt(chat, segments),
    socket: (segments) => socketAt(chat, segments),
    authenticate: (segments) => proofAt(chat, segments),
    kinds: [CONVERSATION, kind],
  })
}
