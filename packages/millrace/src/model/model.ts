import type { Json } from '../event/run-event.ts'
import type { Said } from '../run/said.ts'

export type ModelMessage =
  | { readonly role: 'system' | 'user'; readonly text: string }
  | { readonly role: 'assistant'; readonly text: string; readonly calls?: readonly ModelToolCall[] }
  | { readonly role: 'tool'; readonly call: string; readonly text: string; readonly failed?: true }

export interface ModelToolCall {
  readonly id: string
  readonly name: string
  readonly input: Json
}

export interface ModelTool {
  readonly name: string
  readonly description: string
  /** Of the input: JSON Schema. */
  readonly input: { readonly [key: string]: Json }
}

/** What a model is asked. */
export interface ModelRequest {
  readonly messages: readonly ModelMessage[]
  readonly tools?: readonly ModelTool[]
  readonly maxTokens?: number
  readonly temperature?: number
  readonly seed?: number
  /** What was streamed of this answer before its producer was lost: the model goes on after it and does not say it again. */
  readonly prefix?: string
  /** Reaches the model before its next token. */
  readonly signal: AbortSignal
}

/**
 * Where answers come from: `yield* model.stream({ messages, signal })` in a run's handler.
 * @throws PublicError `model_unavailable`, `model_failed`, `model_limit`, in the middle too: what was said stays said
 */
export interface Model {
  /** As people know it. */
  readonly name: string
  /** Whether a `prefix` is gone on with. Without that, a run that lost its producer can only `restart` or `fail`. */
  readonly continues: boolean
  /** Text, reasoning and tool calls as blocks, then `usage` and `finish`. */
  stream(request: ModelRequest): AsyncGenerator<Said, void, undefined>
  /** Lets go of what the model holds: its weights, its connections. */
  close?(): Promise<void>
}
