import { createOpenAICompatible } from '@ai-sdk/openai-compatible'
import { APICallError, generateText, jsonSchema, streamText } from 'ai'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { openai, PublicError, type Json } from '../../packages/millrace/src/index.ts'
import { serve, type Served } from '../../packages/millrace/src/runtime/index.ts'
import { testApp, type TestApp } from '../support/app.ts'
import { clientOf } from '../support/client-version.ts'
import { Script } from '../support/script.ts'

let script: Script
let server: TestApp
let served: Served

beforeEach(async () => {
  script = new Script()
  server = testApp({
    runs: { answer: script.kind }, routes: { '/v1/chat/completions': { kind: 'answer', dialect: openai, input: (body: Json): Json => body } },
    authenticate: (request) => (request.headers.get('Authorization') === 'Bearer key' ? 'ada' : null),
  })
  served = await serve(server.app, { port: 0 })
})

afterEach(async () => {
  await server.app.close()
  await served.close()
})

type Asked = Parameters<typeof generateText>[0] & Parameters<typeof streamText>[0]

function question(apiKey = 'key'): Asked {
  const provider = createOpenAICompatible({ name: 'millrace', apiKey, baseURL: `${served.url}/v1`, includeUsage: true })
  const search = { description: 'Looks it up.', inputSchema: jsonSchema<{ q: string }>({ type: 'object', properties: { q: { type: 'string' } } }) }
  return { model: provider.chatModel('any'), prompt: 'Why?', tools: { search }, maxRetries: 0 }
}

function sayEverything(): void {
  script.say({ type: 'delta', kind: 'reasoning', text: 'Let me ' }, { type: 'delta', kind: 'reasoning', text: 'see.' })
  script.say('Be', 'cause', ' 🌍.', { type: 'source', title: 'A doc', url: '/a' }, { type: 'status', status: 'calling' })
  script.say({ type: 'block_start', kind: 'tool_call', id: 'call_1', name: 'search' }, { type: 'delta', text: '{"q":"w' }, { type: 'delta', text: 'hy"}' })
  script.say({ type: 'usage', usage: { input: 7, output: 9 } })
  script.end()
}

const ANSWER = {
  text: 'Because 🌍.', reasoning: 'Let me see.', finish: 'tool-calls', calls: [{ toolCallId: 'call_1', toolName: 'search', input: { q: 'why' } }],
  usage: { inputTokens: 7, outputTokens: 9, totalTokens: 16 },
}

describe(clientOf('@ai-sdk/openai-compatible'), () => {
  test('text, reasoning, tools and usage, streamed and whole', async () => {
    sayEverything()
    const streamed = streamText(question())
    const whole = await generateText(question())
    expect({
      text: await streamed.text, reasoning: (await streamed.finalStep).reasoningText, finish: await streamed.finishReason, calls: await streamed.toolCalls, usage: await streamed.usage,
    }).toMatchObject(ANSWER)
    expect({ text: whole.text, reasoning: whole.finalStep.reasoningText, finish: whole.finishReason, calls: whole.toolCalls, usage: whole.usage }).toMatchObject(ANSWER)
  })

  test('a failure with a public reason, streamed and whole', async () => {
    script.say('so far')
    script.fail(new PublicError('no_model', 'The model is not there.'))
    const errors: unknown[] = []
    const streamed = streamText({ ...question(), onError: ({ error }) => void errors.push(error) })
    await streamed.consumeStream()
    expect(JSON.stringify(errors)).toContain('The model is not there.')
    const whole: unknown = await generateText(question()).catch((error: unknown) => error)
    expect(whole).toBeInstanceOf(APICallError)
    expect(whole).toMatchObject({ statusCode: 500, message: 'The model is not there.' })
  })

  test('a refusal', async () => {
    const refused: unknown = await generateText(question('wrong')).catch((error: unknown) => error)
    expect(refused).toMatchObject({ statusCode: 401, message: 'Say who you are first.', isRetryable: false })
    expect(script.starts).toBe(0)
  })
})
