import { missingPackage } from '../event/missing-package.ts'
import type { Json } from '../event/run-event.ts'
import type { Heard } from './limits.ts'
import { limitedFetch } from './limited-fetch.ts'
import type { Model, ModelMessage, ModelRequest, ModelTool } from './model.ts'
import { ChatReader } from './openai-reader.ts'
import type { ChatMessage, ChatRequest, OpenaiClient } from './openai-wire.ts'
import { refusalOf } from './refusal.ts'
import { messagesOf, NO_TIMEOUT, remoteModel, type RemoteOptions } from './remote.ts'

export interface OpenaiModelOptions extends RemoteOptions {
  /** The server's name for it. */
  readonly model: string
  /** A client of the package `openai`. Without one it is made of `baseURL` and `apiKey`. */
  readonly client?: OpenaiClient
  /** E.g. `http://localhost:11434/v1`. Default: OpenAI itself, with its key in `OPENAI_API_KEY`. */
  readonly baseURL?: string
  readonly apiKey?: string
  /**
   * How this server goes on after a partial answer, where it does: vLLM by parameters of its own, others where the
   * last message is the assistant's. A server that does neither (OpenAI itself) begins anew: leave it out, and
   * give the kind `recover: 'restart'`.
   */
  readonly continues?: 'vllm' | 'assistant'
  /** More of the request's body, as it is: `{ reasoning_effort: 'low' }`. */
  readonly body?: { readonly [field: string]: Json }
}

/** A model behind any server that speaks OpenAI's chat completions: vLLM, Ollama, llama.cpp, LM Studio, OpenAI. */
export function openaiModel(options: OpenaiModelOptions): Model {
  const { model: name, continues } = options
  let client = options.client
  async function* ask(request: ModelRequest): AsyncGenerator<Heard, void, undefined> {
    client ??= await createClient(options)
    const reader = new ChatReader()
    const { signal } = request
    const chunks = await client.chat.completions.create(bodyOf(request, options, client.baseURL), { signal, maxRetries: 0, timeout: NO_TIMEOUT })
    for await (const chunk of chunks) yield reader.read(chunk)
    yield reader.end()
  }
  return remoteModel({ name, continues: continues !== undefined, ask, refusalOf }, options)
}

/** @throws MillraceError `missing_package` */
async function createClient({ baseURL, apiKey, limits }: OpenaiModelOptions): Promise<OpenaiClient> {
  const { OpenAI } = await import('openai').catch((cause: unknown) => {
    throw missingPackage('This model needs', 'openai', cause)
  })
  // A key from the environment is OpenAI's: it is not shown to others.
  const key = apiKey ?? (baseURL === undefined ? undefined : 'none')
  return new OpenAI({ fetch: limitedFetch(limits?.bytes), ...(baseURL === undefined ? {} : { baseURL }), ...(key === undefined ? {} : { apiKey: key }) })
}

function bodyOf(request: ModelRequest, { model, continues, body }: OpenaiModelOptions, baseURL: string): ChatRequest {
  const { prefix = '', tools = [], maxTokens, temperature, seed } = request
  const limit = new URL(baseURL).hostname === 'api.openai.com' ? 'max_completion_tokens' : 'max_tokens'
  return {
    model,
    messages: messagesOf(request).map(toMessage),
    stream: true,
    stream_options: { include_usage: true },
    ...(tools.length === 0 ? {} : { tools: tools.map(toTool) }),
    ...(maxTokens === undefined ? {} : { [limit]: maxTokens }),
    ...(temperature === undefined ? {} : { temperature }),
    ...(seed === undefined ? {} : { seed }),
    ...(prefix !== '' && continues === 'vllm' ? { continue_final_message: true, add_generation_prompt: false } : {}),
    ...body,
  }
}

function toMessage(message: ModelMessage): ChatMessage {
  if (message.role === 'tool') return { role: 'tool', tool_call_id: message.call, content: message.text }
  if (message.role !== 'assistant') return { role: message.role, content: message.text }
  const calls = (message.calls ?? []).map(({ id, name, input }) =>
    ({ id, type: 'function', function: { name, arguments: JSON.stringify(input) } }) as const)
  return { role: 'assistant', content: message.text, ...(calls.length === 0 ? {} : { tool_calls: calls }) }
}

function toTool({ name, description, input }: ModelTool): object {
  return { type: 'function', function: { name, description, parameters: input } }
}
