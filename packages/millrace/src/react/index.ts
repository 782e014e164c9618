/** Hooks for React 18 and 19. @module */
export { MillraceError, type ErrorCode } from '../event/error.ts'
export type { RunStatus } from '../event/run-event.ts'
export type { ConnectionStatus } from '../client/connection.ts'
export type {
  AnswerOptions, AskOptions, ChatActions, ChatMessage, ChatSnapshot, ChatStatus, MessageStatus,
} from '../client/view/chat.ts'
export type { ChatContext } from '../client/chat/contexts.ts'
export type { ChatSource } from '../client/view/chat-source.ts'
export type { Followed } from '../client/view/follower.ts'
export type { RunSnapshot, RunViewOptions } from '../client/view/run-view.ts'
export { useRun, type RunState } from './use-run.ts'
export { useStreamingChat, type StreamingChat, type StreamingChatOptions } from './use-streaming-chat.ts'
