import { HttpAgent } from '@ag-ui/client'
import { createOpenAICompatible } from '@ai-sdk/openai-compatible'
import Anthropic from '@anthropic-ai/sdk'
import { DefaultChatTransport, generateText, readUIMessageStream } from 'ai'
import OpenAI from 'openai'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startApp, type App } from '../support/application.ts'

const QUESTION = 'How does a reader resume?'
const IN_PARTS = [{ type: 'text' as const, text: QUESTION }]

let app: App
let openai: OpenAI
let answer: string
beforeAll(async () => {
  app = await startApp('--store', 'memory:', '--pace', '0')
  openai = new OpenAI({ apiKey: 'any', baseURL: `${app.url}/v1` })
  const reply = await fetch(`${app.url}/runs/answer`, {
    method: 'POST', headers: { 'Content-Type': 'application/json', Accept: 'application/json' }, body: JSON.stringify({ message: QUESTION }),
  })
  answer = ((await reply.json()) as { readonly text: string }).text
  expect(answer).toContain('resume')
})
afterAll(() => app.kill())

test('a client of chat completions chooses from the models and asks, in words and in parts, streamed and whole', async () => {
  const [listed] = (await openai.models.list()).data
  expect(listed).toMatchObject({ id: 'millrace/answer', owned_by: 'extract' })
  const { model, choices } = await openai.chat.completions.create({ model: listed?.id ?? '', messages: [{ role: 'user', content: QUESTION }] })
  expect([model, choices[0]?.message.content]).toEqual([listed?.id, answer])
  const streamed = openai.chat.completions.stream({ model, messages: [{ role: 'user', content: IN_PARTS }] })
  expect(await streamed.finalContent()).toBe(answer)
  const provider = createOpenAICompatible({ name: 'here', baseURL: `${app.url}/v1` })
  expect((await generateText({ model: provider('any'), instructions: 'Be brief.', prompt: QUESTION })).text).toBe(answer)
})

test('a client of Responses asks, in words and in a conversation, and resumes', async () => {
  const { id, output_text: whole } = await openai.responses.create({ model: 'any', input: QUESTION })
  const talk = await openai.responses.create({ model: 'any', input: [{ role: 'user', content: [{ type: 'input_text', text: QUESTION }] }] })
  expect([whole, talk.output_text, (await openai.responses.retrieve(id)).output_text]).toEqual([answer, answer, answer])
})

test('a client of Messages asks with blocks and a tool', async () => {
  const client = new Anthropic({ apiKey: 'any', baseURL: app.url })
  const tools = [{ name: 'search', input_schema: { type: 'object' as const } }]
  const stream = client.messages.stream({ model: 'any', max_tokens: 100, tools, messages: [{ role: 'user', content: IN_PARTS }] })
  expect(await stream.finalText()).toBe(answer)
})

test('useChat’s transport asks, and finds nothing to resume once the answer is there', async () => {
  const transport = new DefaultChatTransport({ api: `${app.url}/api/chat` })
  const asked = { id: 'm', role: 'user' as const, parts: IN_PARTS }
  const stream = await transport.sendMessages({ chatId: 'c', messages: [asked], trigger: 'submit-message', messageId: undefined, abortSignal: undefined })
  let text = ''
  for await (const { parts } of readUIMessageStream({ stream })) text = parts.map((part) => (part.type === 'text' ? part.text : '')).join('')
  expect(text).toBe(answer)
  expect(await transport.reconnectToStream({ chatId: 'c' })).toBeNull()
})

test('an agent’s client asks', async () => {
  const agent = new HttpAgent({ url: `${app.url}/agent` })
  agent.addMessage({ id: 'm', role: 'user', content: QUESTION })
  const { newMessages } = await agent.runAgent({ runId: 'r' })
  expect(newMessages.filter(({ role }) => role === 'assistant')).toMatchObject([{ content: answer }])
})
