import type { Json } from '../event/run-event.ts'

/** The part of a client of the package `@anthropic-ai/sdk` that is used here. */
export interface AnthropicClient {
  readonly messages: {
    create(body: MessagesRequest, options: { signal: AbortSignal; maxRetries: number; timeout: number }): PromiseLike<AsyncIterable<MessageEvent>>
  }
}

export interface MessagesRequest {
  readonly [field: string]: unknown
  readonly model: string
  readonly max_tokens: number
  readonly messages: Turn[]
  readonly stream: true
}

export interface Turn {
  readonly role: 'user' | 'assistant'
  readonly content: string | TurnBlock[]
}

export type TurnBlock =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'tool_use'; readonly id: string; readonly name: string; readonly input: Json }
  | { readonly type: 'tool_result'; readonly tool_use_id: string; readonly content: string; readonly is_error?: true }

/** The fields of all events that are read here; which of them is there depends on `type`. */
export interface MessageEvent {
  readonly type: string
  readonly index?: number
  readonly message?: { readonly usage?: MessageUsage }
  readonly content_block?: { readonly type: string; readonly id?: string; readonly name?: string; readonly text?: string }
  readonly delta?: MessageDelta
  readonly usage?: MessageUsage
}

interface MessageDelta {
  readonly type?: string
  readonly text?: string
  readonly thinking?: string
  readonly partial_json?: string
  readonly citation?: Citation
  readonly stop_reason?: string | null
}

/** Of pages of the web, of search results and of documents, in this order. */
export interface Citation {
  readonly cited_text?: string
  readonly title?: string | null
  readonly url?: string
  readonly source?: string
  readonly document_title?: string | null
}

export interface MessageUsage {
  readonly input_tokens?: number | null
  readonly output_tokens?: number | null
  readonly cache_read_input_tokens?: number | null
  readonly cache_creation_input_tokens?: number | null
}
