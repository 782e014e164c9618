import { anyone, createMillrace, defineRun, memory, openai, type Json } from '../../packages/millrace/src/index.ts'
import { serve } from '../../packages/millrace/src/runtime/index.ts'
import type { LocalModel, ModelMessage, ModelRequest } from '../../packages/millrace/src/model/index.ts'

/** A server that speaks OpenAI's API, as far as its clients need it to talk to a model in this process. */
export interface TinyServer extends AsyncDisposable {
  readonly baseURL: string
}

type Question = Omit<ModelRequest, 'signal' | 'tools'>

export async function serveModel(model: LocalModel): Promise<TinyServer> {
  const chat = defineRun<Question, unknown, Json>({
    input: (body) => body as Question & Json,
    run: ({ input, signal }) => model.stream({ ...input, signal }),
  })
  const app = createMillrace({
    store: memory(), runs: { chat }, authenticate: anyone,
    routes: { '/v1/chat/completions': { kind: 'chat', dialect: openai, input: questionOf } },
  })
  const served = await serve(app, { port: 0 })
  return {
    baseURL: `${served.url}/v1`,
    async [Symbol.asyncDispose]() {
      await app.close()
      await served.close()
    },
  }
}

interface Body {
  readonly messages: readonly { readonly role: 'system' | 'user' | 'assistant'; readonly content: string }[]
  readonly max_completion_tokens?: number
  readonly max_tokens?: number
  readonly temperature?: number
  readonly seed?: number
}

/** As servers of open models have it: where the last message is the assistant's, the answer goes on after it. */
function questionOf(body: Json): Json {
  const { messages: all, max_completion_tokens, max_tokens, temperature, seed } = body as Body & Json
  const last = all.at(-1)
  const prefix = last?.role === 'assistant' ? last.content : ''
  const messages: ModelMessage[] = (prefix === '' ? all : all.slice(0, -1)).map(({ role, content }) => ({ role, text: content }))
  return JSON.parse(JSON.stringify({ messages, prefix, maxTokens: max_completion_tokens ?? max_tokens, temperature, seed })) as Json
}
