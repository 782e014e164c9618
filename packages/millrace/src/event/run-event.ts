/**
 * The vocabulary: what a producer says and a log holds (PROTOCOL.md §2). Readers ignore types they
 * do not know, so a new type never breaks an old reader.
 */

export type RunStatus = 'queued' | 'running' | 'waiting' | 'completed' | 'failed' | 'cancelled'
export type EndStatus = 'completed' | 'failed' | 'cancelled'

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json }

/** The kinds of block every dialect knows. Any other string is a kind of the user's own. */
export type BlockKind = 'text' | 'reasoning' | 'tool_call' | 'tool_result' | (string & {})

export interface PublicErrorInfo {
  readonly code: string
  readonly message: string
}

export interface Usage {
  readonly input?: number
  readonly output?: number
  /** `undefined` for those who compile without `exactOptionalPropertyTypes`, where the two above may be. */
  readonly [counter: string]: number | undefined
}

/** Entry 1 of every log, written by `create`. */
export interface StartEvent {
  readonly type: 'start'
  readonly run: string
  readonly kind: string
  /** Set where the run goes on with a message that another run began: that message's id. Else the run is its own. */
  readonly message?: string
  /** Set where the run feeds an item of progress: the run's own id names that item. */
  readonly progress?: ProgressFeed
}
/** The item of progress that a whole run is. */
export interface ProgressFeed {
  /** The item it is a part of; that item's run names the group the run belongs to. */
  readonly parent?: string
  readonly name: string
  readonly total?: number
  readonly weight?: number
}
export interface BlockStartEvent {
  readonly type: 'block_start'
  /** Number of the block in this attempt of the run, from 0. */
  readonly block: number
  readonly kind: BlockKind
  /** Number among the blocks of its kind, from 0. */
  readonly nth: number
  /** Of a `tool_call` its own; of a `tool_result` that of the call. */
  readonly id?: string
  readonly name?: string
  /** Of a `tool_result`: the tool failed, and the text says how. */
  readonly failed?: true
}
export interface DeltaEvent {
  readonly type: 'delta'
  readonly block: number
  readonly kind: BlockKind
  readonly nth: number
  readonly text: string
}
export interface BlockEndEvent {
  readonly type: 'block_end'
  readonly block: number
  readonly kind: BlockKind
  readonly nth: number
}
export interface SourceEvent {
  readonly type: 'source'
  readonly title: string
  readonly url?: string
  /** 0 to 1. */
  readonly relevance?: number
  readonly excerpt?: string
}
export interface FileEvent {
  readonly type: 'file'
  readonly name: string
  readonly url: string
  readonly mediaType?: string
}
export interface StatusEvent {
  readonly type: 'status'
  readonly status: string
  readonly message?: string
}
export type ProgressStatus = 'pending' | 'running' | 'paused' | 'completed' | 'failed' | 'skipped' | 'cancelled'
export interface ProgressEvent {
  readonly type: 'progress'
  readonly item: string
  readonly parent?: string
  readonly name?: string
  readonly status: ProgressStatus
  readonly done?: number
  readonly total?: number
  readonly weight?: number
  readonly message?: string
  /** When it was said, in ms since the epoch, by the clock of whoever said it: what estimates are made of. */
  readonly at?: number
}
/** The run needs an answer from outside: it waits for a signal (PROTOCOL.md §8). */
export interface AskEvent {
  readonly type: 'ask'
  /** By which the answer names it. */
  readonly id: string
  /** The type of the signal that answers it: `approval`, `input`, or the kind's own. */
  readonly signal: string
  /** The id of the tool call it is about. */
  readonly call?: string
  readonly message?: string
}
/** What came of an `ask`. */
export interface AnswerEvent {
  readonly type: 'answer'
  readonly id: string
  /** Of an approval. */
  readonly approved?: boolean
  readonly message?: string
  /** What was answered, as it was sent; not there where the handler worded the answer itself. */
  readonly data?: Json
}
export interface UsageEvent {
  readonly type: 'usage'
  readonly usage: Usage
}
/** A piece of a binary result, base64 in JSON. */
export interface BytesEvent {
  readonly type: 'bytes'
  readonly base64: string
}
/** The work begins anew: every fold forgets what came before (policy `restart`). */
export interface AttemptEvent {
  readonly type: 'attempt'
  readonly n: number
}
/** Something went wrong and the run goes on. */
export interface ErrorEvent {
  readonly type: 'error'
  readonly error: PublicErrorInfo
}
/** Why the work stopped, in words every dialect knows. Any other string is the application's own. */
export type EndReason = 'stop' | 'length' | 'stop_sequence' | 'tool_calls' | 'content_filter' | 'pause' | (string & {})

/** The one terminal event. It ends whatever blocks are still open. */
export interface EndEvent {
  readonly type: 'end'
  readonly status: EndStatus
  readonly reason?: EndReason
  readonly error?: PublicErrorInfo
  readonly usage?: Usage
  /** The handler's own return value, at most 64 KiB as JSON. */
  readonly result?: Json
}

export type KnownEvent =
  | StartEvent
  | BlockStartEvent
  | DeltaEvent
  | BlockEndEvent
  | SourceEvent
  | FileEvent
  | StatusEvent
  | ProgressEvent
  | AskEvent
  | AnswerEvent
  | UsageEvent
  | BytesEvent
  | AttemptEvent
  | ErrorEvent
  | EndEvent

/** An event of the user's own: any type that is not in the vocabulary, with any JSON. */
export interface UserEvent {
  readonly type: string
  readonly [field: string]: Json
}

/** What a producer may append. */
export type RunEvent = KnownEvent | UserEvent

/** Where an entry stands in its log. */
export interface Place {
  /** From 1, gapless. */
  readonly offset: number
  /** Set where sealing joined adjacent deltas: the offset of the first of them. */
  readonly first?: number
}

/**
 * An event as the log holds it. Entries of the user's own types are there too at run time: name
 * them in `E` to read them typed, else let them fall through a `switch`.
 */
export type Entry<E extends { readonly type: string } = KnownEvent> = E & Place

export function isEndStatus(status: RunStatus): status is EndStatus {
  return status === 'completed' || status === 'failed' || status === 'cancelled'
}

/** What an entry says, without its type and where it stands. */
export function withoutPlace<E extends { readonly type: string } & Place>(entry: E): Omit<E, 'type' | 'offset' | 'first'> {
  const { type: _type, offset: _offset, first: _first, ...said } = entry
  return said
}
