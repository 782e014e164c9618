/** The server side of Millrace: define runs, start them, and answer requests about them. @module */
export { createMillrace } from './server/app.ts'
export type { Millrace, MillraceOptions, StartRunOptions, TypesOf } from './server/app.ts'
export { anyone } from './server/authenticate.ts'
export type { Authenticate, Caller } from './server/authenticate.ts'
export type { Limits } from './server/context.ts'
export { streamResponse } from './server/stream-response.ts'
export type { StreamingConfig, StreamOptions } from './server/stream-response.ts'
export type { SourceContext, Streamable, StreamSource } from './server/source.ts'
export type { StreamFormat } from './server/stream-format.ts'
export type { StreamEnding, StreamObserver } from './server/stream-observer.ts'
export type { DialectRoute } from './server/dialects/vendor.ts'
export type { FollowFrom, RunHandle, RunResult } from './protocol/run-handle.ts'
export type { RunInfo, SignalRequest, SnapshotReply } from './protocol/wire.ts'
export { defineRun } from './run/define.ts'
export type { AnyRunDefinition, Check, Recovery, Resumed, RunContext, RunDefinition, SignalChecks, SignalOf, StandardSchema } from './run/define.ts'
export type { RunSignal, Signals } from './run/inbox.ts'
export type { Question } from './run/questions.ts'
export type { Logger } from './run/logger.ts'
export type { Said } from './run/said.ts'
export { aiSdk } from './dialect/ai-sdk.ts'
export { anthropic } from './dialect/anthropic.ts'
export { millrace } from './dialect/millrace.ts'
export { openai } from './dialect/openai.ts'
export { openaiResponses } from './dialect/openai-responses.ts'
export type { Dialect, DialectDocument, DialectFrame, DocumentHead, Refused } from './dialect/dialect.ts'
export { memory } from './store/memory.ts'
export type { MemoryOptions } from './store/memory.ts'
export { MillraceError, PublicError } from './event/error.ts'
export type { ErrorCode, MillraceErrorOptions } from './event/error.ts'
export type { Batch } from './event/batch.ts'
export type { Kept, KeptApproval, KeptBlock, Keeping } from './event/kept.ts'
export type { Outline, OpenBlock } from './event/outline.ts'
export type {
  AnswerEvent, AskEvent, AttemptEvent, BlockEndEvent, BlockKind, BlockStartEvent, BytesEvent, DeltaEvent, EndEvent, EndReason, EndStatus, Entry, ErrorEvent,
  FileEvent, Json, KnownEvent, Place, ProgressEvent, ProgressFeed, ProgressStatus, PublicErrorInfo, RunEvent, RunStatus, SourceEvent, StartEvent,
  StatusEvent, Usage, UsageEvent, UserEvent,
} from './event/run-event.ts'
export type { Snapshot, SnapshotBlock } from './event/snapshot.ts'
export type {
  Acquired, AcquireOptions, Appended, Checkpoint, Created, CreateRun, Epoch, Lease, ListFilter, Loaded, NewSignal, OnWake, Page,
  Policy, RunId, RunRecord, Seal, Signal, Store, Write,
} from './store/store.ts'
