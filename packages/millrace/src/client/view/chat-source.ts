import type { ChatClient, ChatRequest } from '../chat/chat-client.ts'

/** What a view needs of a chat's client. */
export type ChatSource = Pick<ChatClient, 'startConversation' | 'history' | 'ask' | 'open'>

/** A question, and the key under which it is asked once, however often it is sent. */
export interface KeyedRequest extends ChatRequest {
  readonly key: string
}
