import type { ChatActions, ChatSnapshot } from '../client/view/chat.ts'

export interface StreamingChat extends ChatSnapshot, ChatActions {}
