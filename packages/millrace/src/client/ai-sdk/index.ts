/** A transport for `useChat` of the AI SDK: resumes where it was, and stops for real. @module */
export { createChatTransport, type ChatTransport, type ChatTransportOptions, type SendMessages } from './transport.ts'
export type { UiChunk, UiFinishReason, UiMetadata } from '../../dialect/ai-sdk-chunk.ts'
export { MillraceError, type ErrorCode } from '../../event/error.ts'
export type { RunStatus } from '../../event/run-event.ts'
export type { SignalRequest } from '../../protocol/wire.ts'
export type { Host } from '../host.ts'
