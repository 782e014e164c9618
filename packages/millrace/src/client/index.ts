/**
 * The client: starts runs, follows them to their end across any number of connections, cancels them.
 *
 * @module
 */
export type { Citation } from '../dialect/citation.ts'
export { MillraceError, PublicError, type ErrorCode } from '../event/error.ts'
export type { Entry, Json, KnownEvent, RunStatus } from '../event/run-event.ts'
export type { Snapshot } from '../event/snapshot.ts'
export type { AppTypes, RunType, Typed } from '../protocol/app.ts'
export type { ConversationInfo, ConversationList, ConversationRequest, SessionReply, SessionRequest, Turn, TurnList, TurnReply, TurnRequest } from '../protocol/chat.ts'
export type { Batches, FollowFrom, RunHandle, RunResult } from '../protocol/run-handle.ts'
export type { ListReply, RunInfo, SignalRequest, SnapshotReply } from '../protocol/wire.ts'
export {
  createChatClient, type Asked, type ChatClient, type ChatClientOptions, type ChatRequest, type HistoryOptions, type NewConversation, type PageOptions, type TurnReading,
} from './chat/chat-client.ts'
export type { ChunkStream } from './chat/chunk-stream.ts'
export type { ChatAnswer, ChunkMetadata, StreamingChunk } from './chat/chunks.ts'
export type { ChatContext, ConversationContext } from './chat/contexts.ts'
export { createClient, type Client, type ListOptions, type StartOptions } from './client.ts'
export type { ConnectionStatus } from './connection.ts'
export { batches, follow, type FollowOptions } from './follow.ts'
export type { Host, Wake } from './host.ts'
export { newKey } from './key.ts'
export type { Access } from './request.ts'
export type { Run } from './run.ts'
export type {
  AnswerOptions, AskOptions, ChatActions, ChatMessage, ChatSnapshot, ChatStatus, ChatView, MessageStatus,
} from './view/chat.ts'
export type { ChatSource } from './view/chat-source.ts'
export { createChatView, type ChatViewOptions } from './view/chat-view.ts'
export type { Followed } from './view/follower.ts'
export { createRunView, type RunSnapshot, type RunView, type RunViewOptions } from './view/run-view.ts'
