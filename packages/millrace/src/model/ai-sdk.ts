import type { Json } from '../event/run-event.ts'
import { PartReader } from './ai-sdk-reader.ts'
import type { AiSdkLanguageModel, StreamText } from './ai-sdk-wire.ts'
import type { Heard } from './limits.ts'
import type { Model, ModelMessage, ModelRequest, ModelTool } from './model.ts'
import { messagesOf, remoteModel, type RemoteOptions } from './remote.ts'
import type { Refusal } from './retry.ts'

export interface AiSdkModelOptions extends RemoteOptions {
  readonly model: AiSdkLanguageModel
  /** Of the package `ai`. */
  readonly streamText: StreamText
  /** Whether what is behind it goes on after a partial answer, given as the last message. Most do not. */
  readonly continues?: boolean
  /** As `streamText` takes them: `{ anthropic: { thinking: { type: 'adaptive' } } }`. */
  readonly providerOptions?: { readonly [provider: string]: { readonly [field: string]: Json } }
}

/** A model of the AI SDK, whoever provides it. */
export function aiSdkModel(options: AiSdkModelOptions): Model {
  const { model, streamText, continues = false } = options
  async function* ask(request: ModelRequest): AsyncGenerator<Heard, void, undefined> {
    const reader = new PartReader()
    for await (const part of streamText(callOf(request, options)).stream) yield reader.read(part)
    yield reader.end()
  }
  return remoteModel({ name: typeof model === 'string' ? model : model.modelId, continues, ask, refusalOf }, options)
}

function callOf(request: ModelRequest, { model, providerOptions }: AiSdkModelOptions): object {
  const { tools = [], maxTokens, temperature, seed, signal } = request
  const messages = messagesOf(request)
  const system = messages.filter(({ role }) => role === 'system').map(({ text }) => text)
  return {
    model,
    messages: toMessages(messages),
    abortSignal: signal,
    maxRetries: 0,
    // The error is a part of the stream too: nothing is to be printed.
    onError: () => undefined,
    ...(system.length === 0 ? {} : { instructions: system.join('\n\n') }),
    ...(tools.length === 0 ? {} : { tools: Object.fromEntries(tools.map(toTool)) }),
    ...(maxTokens === undefined ? {} : { maxOutputTokens: maxTokens }),
    ...(temperature === undefined ? {} : { temperature }),
    ...(seed === undefined ? {} : { seed }),
    ...(providerOptions === undefined ? {} : { providerOptions }),
  }
}

/**
 * A tool without `execute`: its calls are said, and run by somebody else. Its input is given as a Standard
 * Schema that knows its JSON Schema, and checked by whoever runs it.
 */
function toTool({ name, description, input }: ModelTool): [name: string, tool: object] {
  const standard = { version: 1, vendor: 'millrace', validate: (value: unknown) => ({ value }), jsonSchema: { input: () => ({ ...input }) } }
  return [name, { description, inputSchema: { '~standard': standard } }]
}

function toMessages(messages: readonly ModelMessage[]): object[] {
  // A result has to say again what was called.
  const names = new Map<string, string>()
  return messages.flatMap((message): object[] => {
    switch (message.role) {
      case 'system':
        return []
      case 'user':
        return [{ role: 'user', content: message.text }]
      case 'assistant':
        for (const { id, name } of message.calls ?? []) names.set(id, name)
        return [{ role: 'assistant', content: contentOf(message) }]
      case 'tool': {
        const { call, text, failed } = message
        const output = { type: failed ? 'error-text' : 'text', value: text }
        return [{ role: 'tool', content: [{ type: 'tool-result', toolCallId: call, toolName: names.get(call) ?? '', output }] }]
      }
    }
  })
}

function contentOf({ text, calls = [] }: Extract<ModelMessage, { role: 'assistant' }>): object[] {
  const said = text === '' ? [] : [{ type: 'text', text }]
  return [...said, ...calls.map(({ id, name, input }) => ({ type: 'tool-call', toolCallId: id, toolName: name, input }))]
}

/** What an `APICallError` says; of any other that no answer came. */
function refusalOf(error: unknown): Refusal {
  const { statusCode, responseHeaders } = typeof error === 'object' && error !== null
    ? (error as { readonly statusCode?: number; readonly responseHeaders?: Readonly<Record<string, string>> })
    : {}
  return { status: statusCode ?? null, header: (name) => responseHeaders?.[name] ?? null }
}
