/** The part of a client of the package `openai` that is used here. */
export interface OpenaiClient {
  readonly baseURL: string
  readonly chat: {
    readonly completions: {
      create(body: ChatRequest, options: { signal: AbortSignal; maxRetries: number; timeout: number }): PromiseLike<AsyncIterable<ChatChunk>>
    }
  }
}

export interface ChatRequest {
  readonly [field: string]: unknown
  readonly model: string
  readonly messages: ChatMessage[]
  readonly stream: true
}

export type ChatMessage =
  | { readonly role: 'system' | 'user'; readonly content: string }
  | { readonly role: 'assistant'; readonly content: string; readonly tool_calls?: ChatToolCall[] }
  | { readonly role: 'tool'; readonly content: string; readonly tool_call_id: string }

export interface ChatToolCall {
  readonly id: string
  readonly type: 'function'
  readonly function: { readonly name: string; readonly arguments: string }
}

/** As servers of many makers send it: what is not said to be there may be missing, and `unknown` anything. */
export interface ChatChunk {
  readonly choices?: readonly ChatChoice[]
  readonly usage?: ChatUsage | null | undefined
}

export interface ChatChoice {
  readonly delta?: ChatDelta
  readonly finish_reason?: string | null
}

export interface ChatDelta {
  readonly content?: unknown
  /** Of vLLM, llama.cpp, LM Studio, DeepSeek. */
  readonly reasoning_content?: unknown
  /** Of Ollama, OpenRouter and newer vLLM. */
  readonly reasoning?: unknown
  readonly refusal?: unknown
  readonly tool_calls?: readonly ChatCallDelta[] | null
  readonly annotations?: readonly ChatAnnotation[] | null
}

export interface ChatCallDelta {
  readonly index?: number
  readonly id?: string | null
  readonly function?: { readonly name?: string | null; readonly arguments?: string | null }
}

interface ChatAnnotation {
  readonly url_citation?: { readonly title?: string; readonly url?: string }
}

interface ChatUsage {
  readonly prompt_tokens?: number
  readonly completion_tokens?: number
  readonly prompt_tokens_details?: { readonly cached_tokens?: number | undefined } | null | undefined
  readonly completion_tokens_details?: { readonly reasoning_tokens?: number | undefined } | null | undefined
}
