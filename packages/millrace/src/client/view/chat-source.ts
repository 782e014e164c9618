import type { ConversationInfo, TurnList, TurnReply, TurnRequest } from '../../protocol/chat.ts'
import type { Followed } from './follower.ts'

/** In whose name a chat is asked: what `chat.session()` gave, or nothing where no sessions are used. */
export interface ChatName {
  readonly sessionId?: string
  readonly token?: string
}

/** The same, about one conversation. */
export interface ConversationName extends ChatName {
  readonly conversationId: string
}

/** A question, and the key under which it is asked once, however often it is sent. */
export interface KeyedRequest extends Omit<TurnRequest, 'stream'> {
  readonly key: string
}

/** Which page of a conversation: the newest, or that which leads to the turn `at`. */
export interface HistoryPage {
  readonly at?: string
  readonly signal?: AbortSignal
}

/** What a view needs of a chat's client. */
export interface ChatSource {
  startConversation(name: ChatName, request: { readonly title?: string; readonly key?: string }): Promise<Pick<ConversationInfo, 'conversationId'>>
  history(name: ConversationName, page: HistoryPage): Promise<TurnList>
  ask(name: ConversationName, request: KeyedRequest): Promise<{ readonly run: Followed; readonly reply: TurnReply }>
  open(name: ConversationName, turn: string): Followed
}
