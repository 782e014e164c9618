import type { AskEvent, ProgressEvent, PublicErrorInfo, RunStatus, SourceEvent, Usage } from '../../event/run-event.ts'
import type { ConnectionStatus } from '../connection.ts'

/** `unsent`: a question the server did not take; it can be sent again. */
export type MessageStatus = 'sending' | 'unsent' | 'sent' | RunStatus

/** A question or an answer. The same object for as long as nothing about it changes. */
export interface ChatMessage {
  /** Stays the same from the moment it is shown: a key for lists, and the name by which a view is told of it. */
  readonly id: string
  /** The turn it is a part of, which is the id of its answer's run; `null` until the server has said. */
  readonly turn: string | null
  readonly role: 'user' | 'assistant'
  readonly content: string
  readonly sources: readonly Omit<SourceEvent, 'type'>[]
  /** Of a question `sending`, `unsent` or `sent`; of an answer `sending`, then how its run stands. */
  readonly status: MessageStatus
  /** Why a question was not taken, or an answer failed. */
  readonly error?: PublicErrorInfo
  /** Of an answer: the turn whose place it took. */
  readonly supersedes?: string
  readonly model?: string
}

/** `failed`: what was done last did not succeed, and `error` says why. */
export type ChatStatus = 'idle' | 'loading' | 'sending' | 'streaming' | 'failed'

/** A conversation as a page shows it. */
export interface ChatSnapshot {
  /** `null` until the first question was taken. */
  readonly conversationId: string | null
  readonly status: ChatStatus
  /** Whether an answer is asked for or under way. */
  readonly isStreaming: boolean
  /** Oldest first. */
  readonly messages: readonly ChatMessage[]
  /** Whether there are messages before these. */
  readonly hasEarlier: boolean
  /** The newest answer: its text so far, its sources, and what its run says of its work. */
  readonly content: string
  readonly sources: readonly Omit<SourceEvent, 'type'>[]
  readonly progress: readonly Omit<ProgressEvent, 'type'>[]
  readonly stage: { readonly status: string; readonly message?: string } | null
  readonly asks: readonly Omit<AskEvent, 'type'>[]
  readonly usage: Usage | null
  readonly connection: ConnectionStatus
  readonly error: PublicErrorInfo | null
}

export interface AskOptions {
  /** Which model is to answer, where one can choose. */
  readonly model?: string
}
export interface AnswerOptions extends AskOptions {
  /** The id of the message. Default: the newest answer. */
  readonly message?: string
}

/** What a page does with a conversation. None of it ever rejects: `status` and `error` say what failed. */
export interface ChatActions {
  /** Asks. Shown at once; resolves when the server has taken it, or has not. Text of nothing but white space is no question. */
  readonly sendMessage: (text: string, options?: AskOptions) => Promise<void>
  /** Sends a question again that is `unsent`: under the same key, so that it is asked once whatever became of the first try. */
  readonly resend: (message: string) => Promise<void>
  /** Stops the answer, for every reader; what it said stays. */
  readonly stop: () => Promise<void>
  /** Has the question answered anew, in the place of the answer that is there. */
  readonly regenerate: (options?: AnswerOptions) => Promise<void>
  /** Has an answer that was cut short say the rest. */
  readonly continueAnswer: (options?: AnswerOptions) => Promise<void>
  /** Asks another question in the place of one of these: what follows it is left behind in a branch of its own. */
  readonly edit: (message: string, text: string, options?: AskOptions) => Promise<void>
  /** Shows the messages before these. */
  readonly loadEarlier: () => Promise<void>
  /** Looks anew, once `connection` is `failed` or messages could not be had. Pages that are looked at again do so by themselves. */
  readonly reconnect: () => Promise<void>
}

/** A conversation for any framework. It is read while somebody listens; whoever leaves stops no answer. */
export interface ChatView extends ChatActions {
  readonly subscribe: (listener: () => void) => () => void
  /** The same object until listeners are told. */
  readonly getSnapshot: () => ChatSnapshot
  /** As it is before anything was read: for servers, and for the first rendering of a page that one rendered. */
  readonly getServerSnapshot: () => ChatSnapshot
}
