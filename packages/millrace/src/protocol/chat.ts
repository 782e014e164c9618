import type { PublicErrorInfo, RunStatus, SourceEvent, Usage } from '../event/run-event.ts'

/** The paths of a chat, below wherever it is mounted (PROTOCOL.md §12). */
export const SESSIONS = '/sessions'
export const CONVERSATIONS = '/conversations'
/** Below a conversation: its questions with their answers. */
export const TURNS = '/turns'
/** The WebSocket of one question after another. */
export const CHAT_SOCKET = '/stream'
export const OPENAPI = '/openapi.json'

/** `POST /sessions`: whom a session is for. What is named narrows who asks, and never widens it. */
export interface SessionRequest {
  readonly instanceId?: string
  readonly userId?: string
  readonly projectId?: string
}
export interface SessionReply {
  readonly sessionId: string
  /** For `Authorization: Bearer`. Never part of an address. */
  readonly token: string
  /** In ms since the epoch. */
  readonly expiresAt: number
}

/** `POST /conversations` */
export interface ConversationRequest {
  /** Default: the first question. */
  readonly title?: string
}
export interface ConversationInfo {
  readonly conversationId: string
  readonly title: string
  /** In ms since the epoch, by the store's clock. */
  readonly createdAt: number
}
/** `GET /conversations`: newest first. */
export interface ConversationList {
  readonly conversations: readonly ConversationInfo[]
  /** The next page's `before`; absent on the last page. */
  readonly next?: string
}

/** `POST /conversations/:id/turns`: a question, or what is to become of an answer. */
export interface TurnRequest {
  /** Needed, but for `supersedes` and `continues`: there it is the earlier question, unless another one is asked. */
  readonly query?: string
  /** The turn it is asked after: an earlier one begins a branch, `null` a conversation anew. Default: the newest. */
  readonly parent?: string | null
  /** The turn that this one takes the place of: the question is answered anew. */
  readonly supersedes?: string
  /** The turn whose answer was cut short: this one says it again, and goes on. */
  readonly continues?: string
  /** Which model is to answer, where one can choose. */
  readonly model?: string
  /** `false`: the whole answer as one document. */
  readonly stream?: boolean
}
/** What it answers with `Prefer: respond-async`: the answer is the run of this id. */
export interface TurnReply {
  readonly id: string
  readonly conversationId: string
  readonly status: RunStatus
  /** False: the key, or another question that is being answered, led to a turn that was there already. */
  readonly created: boolean
}

/** A question and its answer. Its id is that of its run. */
export interface Turn {
  readonly id: string
  readonly query: string
  readonly parent: string | null
  readonly supersedes?: string
  readonly continues?: string
  readonly model?: string
  readonly status: RunStatus
  /** What is said so far, where the answer is under way. */
  readonly content: string
  readonly sources: readonly Omit<SourceEvent, 'type'>[]
  readonly createdAt: number
  readonly endedAt: number | null
  readonly usage?: Usage
  readonly reason?: string
  readonly error?: PublicErrorInfo
}
/** `GET /conversations/:id/turns`: oldest first, the path that leads to one turn. */
export interface TurnList {
  readonly conversation: ConversationInfo
  readonly turns: readonly Turn[]
  /** The `at` of the page with what was said before; absent where these begin the conversation. */
  readonly next?: string
}
