import { missingPackage } from '../event/missing-package.ts'
import type { Json } from '../event/run-event.ts'
import { MessageReader } from './anthropic-reader.ts'
import type { AnthropicClient, MessagesRequest, Turn, TurnBlock } from './anthropic-wire.ts'
import { limitedFetch } from './limited-fetch.ts'
import type { Heard } from './limits.ts'
import type { Model, ModelMessage, ModelRequest, ModelTool } from './model.ts'
import { refusalOf } from './refusal.ts'
import { messagesOf, NO_TIMEOUT, remoteModel, type RemoteOptions } from './remote.ts'

export interface AnthropicModelOptions extends RemoteOptions {
  readonly model: string
  /** A client of the package `@anthropic-ai/sdk`. Without one it is made of `baseURL` and `apiKey`. */
  readonly client?: AnthropicClient
  /** Default: Anthropic itself, with its key in `ANTHROPIC_API_KEY`. */
  readonly baseURL?: string
  readonly apiKey?: string
  /**
   * Whether this model goes on after a partial answer (the vendor's word for it is prefill). Its newer models
   * refuse that, and all do while they think: leave it out, and give the kind `recover: 'restart'`.
   */
  readonly continues?: boolean
  /** More of the request's body, as it is: `{ thinking: { type: 'adaptive' } }`. */
  readonly body?: { readonly [field: string]: Json }
}

/** This vendor wants to be told; where the request says nothing, this is what all its models can. */
const MAX_TOKENS = 8_192

/** A model behind Anthropic's Messages API, or a server that speaks it (ours does). */
export function anthropicModel(options: AnthropicModelOptions): Model {
  const { model: name, continues = false } = options
  let client = options.client
  async function* ask(request: ModelRequest): AsyncGenerator<Heard, void, undefined> {
    client ??= await createClient(options)
    const reader = new MessageReader()
    const { signal } = request
    const events = await client.messages.create(bodyOf(request, options), { signal, maxRetries: 0, timeout: NO_TIMEOUT })
    for await (const event of events) yield reader.read(event)
    yield reader.end()
  }
  return remoteModel({ name, continues, ask, refusalOf }, options)
}

/** @throws MillraceError `missing_package` */
async function createClient({ baseURL, apiKey, limits }: AnthropicModelOptions): Promise<AnthropicClient> {
  const { Anthropic } = await import('@anthropic-ai/sdk').catch((cause: unknown) => {
    throw missingPackage('This model needs', '@anthropic-ai/sdk', cause)
  })
  const fetch = limitedFetch(limits?.bytes)
  if (baseURL === undefined) return new Anthropic({ fetch, ...(apiKey === undefined ? {} : { apiKey }) })
  // Keys in the environment are the vendor's: they are not shown to others.
  return new Anthropic({ fetch, baseURL, apiKey: apiKey ?? 'none', authToken: null })
}

function bodyOf(request: ModelRequest, { model, body }: AnthropicModelOptions): MessagesRequest {
  const { tools = [], maxTokens = MAX_TOKENS, temperature } = request
  const messages = messagesOf(request)
  const system = messages.filter(({ role }) => role === 'system').map(({ text }) => ({ type: 'text', text }))
  return {
    model,
    max_tokens: maxTokens,
    messages: turnsOf(messages),
    stream: true,
    ...(system.length === 0 ? {} : { system }),
    ...(tools.length === 0 ? {} : { tools: tools.map(toTool) }),
    ...(temperature === undefined ? {} : { temperature }),
    ...body,
  }
}

/** The results of all calls of one turn stand in one turn of the user's. */
function turnsOf(messages: readonly ModelMessage[]): Turn[] {
  const turns: Turn[] = []
  let results: TurnBlock[] | null = null
  for (const message of messages) {
    if (message.role === 'system') continue
    if (message.role !== 'tool') {
      results = null
      turns.push(turnOf(message))
      continue
    }
    if (results === null) turns.push({ role: 'user', content: (results = []) })
    const { call, text, failed } = message
    results.push({ type: 'tool_result', tool_use_id: call, content: text, ...(failed ? { is_error: failed } : {}) })
  }
  return turns
}

function turnOf(message: Extract<ModelMessage, { role: 'user' | 'assistant' | 'system' }>): Turn {
  if (message.role !== 'assistant') return { role: 'user', content: message.text }
  const { text, calls = [] } = message
  if (calls.length === 0) return { role: 'assistant', content: text }
  // An empty block of text is refused.
  const said: TurnBlock[] = text === '' ? [] : [{ type: 'text', text }]
  return { role: 'assistant', content: [...said, ...calls.map(({ id, name, input }) => ({ type: 'tool_use', id, name, input }) as const)] }
}

function toTool({ name, description, input }: ModelTool): object {
  return { name, description, input_schema: input }
}
