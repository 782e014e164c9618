import { createOpenAICompatible } from '@ai-sdk/openai-compatible'
import { streamText } from 'ai'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { chunk, DONE, finish, line, saying, text, usage } from '../../../../test/support/model/chat.ts'
import { hear, QUESTION } from '../../../../test/support/model/hear.ts'
import { cut, endless, hanging, refusing, startModelServer, streaming, type ModelServer } from '../../../../test/support/model/server.ts'
import { aiSdkModel, type AiSdkModelOptions } from './ai-sdk.ts'
import { PartReader } from './ai-sdk-reader.ts'
import { limitedFetch } from './limited-fetch.ts'
import type { Model } from './model.ts'

const SECRET = 'the account of acme-corp is out of credit'

let server: ModelServer
beforeEach(async () => { server = await startModelServer() })
afterEach(() => server[Symbol.asyncDispose]())

function model(options: Partial<AiSdkModelOptions> = {}): Model {
  const provider = createOpenAICompatible({ name: 'here', baseURL: `${server.url}/v1`, includeUsage: true, fetch: limitedFetch(50_000) })
  return aiSdkModel({ model: provider('test'), streamText, ...options })
}

const call = (index: number, args: string, id?: string): string =>
  chunk({ tool_calls: [{ index, ...(id === undefined ? {} : { id, type: 'function' }), function: { ...(id === undefined ? {} : { name: 'search' }), arguments: args } }] })
const started = (id: string): object => ({ type: 'block_start', kind: 'tool_call', id, name: 'search' })
const input = (json: string): object => ({ type: 'delta', kind: 'tool_call', text: json })

test('text, reasoning, calls, usage and the reason it stopped', async () => {
  server.answers = [streaming(
    chunk({ role: 'assistant', content: '' }), chunk({ reasoning_content: 'Hm.' }), text('Be'), text('cause 🌍.'),
    call(0, '', 'a'), call(0, '{"q":'), call(1, '', 'b'), call(0, '1}'), call(1, '{}'), finish('tool_calls'), usage(7, 9), DONE,
  )]
  const { said, error } = await hear(model(), { tools: [{ name: 'search', description: 'Finds.', input: { type: 'object' } }] })
  expect(error).toBeNull()
  const rest = [...said]
  expect(rest.splice(0, 3)).toEqual([{ type: 'delta', kind: 'reasoning', text: 'Hm.' }, 'Be', 'cause 🌍.'])
  expect(rest.splice(-2)).toEqual([{ type: 'usage', usage: { input: 7, output: 9, cached: 0, reasoning: 0 } }, { type: 'finish', reason: 'tool_calls' }])
  const end = rest.findIndex((one) => typeof one === 'object' && 'type' in one && one.type === 'block_end')
  expect(rest.slice(0, end)).toEqual([started('a'), input('{"q":'), input('1}')])
  expect(rest.slice(end + 1)).toEqual([started('b'), input('{}'), { type: 'block_end' }])
  expect(model().name).toBe('test')
})

test('what is asked is asked in that package’s words', async () => {
  server.answers = [streaming(...saying('ok'))]
  const messages = [
    { role: 'system', text: 'Be brief.' }, ...QUESTION, { role: 'assistant', text: 'Hm.', calls: [{ id: 'a', name: 'search', input: { q: 'why' } }] },
    { role: 'tool', call: 'a', text: '42' },
  ] as const
  const tools = [{ name: 'search', description: 'Finds.', input: { type: 'object', properties: { q: { type: 'string' } } } }]
  expect((await hear(model({ providerOptions: { here: { user: 'ada' } } }), { messages, tools, maxTokens: 5, temperature: 0, seed: 1 })).error).toBeNull()
  expect(server.asked[0]?.body).toMatchObject({
    model: 'test', stream: true, max_tokens: 5, temperature: 0, seed: 1, user: 'ada',
    messages: [
      { role: 'system', content: 'Be brief.' }, { role: 'user', content: 'Why?' },
      { role: 'assistant', content: 'Hm.', tool_calls: [{ id: 'a', function: { name: 'search', arguments: '{"q":"why"}' } }] },
      { role: 'tool', tool_call_id: 'a', content: '42' },
    ],
    tools: [{ type: 'function', function: { name: 'search', description: 'Finds.', parameters: { type: 'object', properties: { q: { type: 'string' } } } } }],
  })
})

test('a tool that failed says so', async () => {
  server.answers = [streaming(...saying('ok'))]
  const messages = [...QUESTION, { role: 'assistant', text: '', calls: [{ id: 'a', name: 'search', input: {} }] }, { role: 'tool', call: 'a', text: 'no', failed: true }] as const
  expect((await hear(model(), { messages })).error).toBeNull()
  expect(server.asked[0]?.body['messages']).toMatchObject([{ role: 'user' }, { role: 'assistant' }, { role: 'tool', content: 'no' }])
})

test.each([
  ['an error object in mid-stream', streaming(text('so far'), line({ error: { message: SECRET } }))],
  ['a cut', cut(text('so far'))],
  ['an end without a reason', streaming(text('so far'), DONE)],
])('%s in mid-answer keeps what was said, fails in public words, prints nothing and is not asked again', async (_, answer) => {
  const printed = vi.spyOn(console, 'error')
  server.answers = [answer, streaming(...saying('again'))]
  const { said, error } = await hear(model())
  expect(said).toEqual(['so far'])
  expect(error).toMatchObject({ name: 'PublicError', code: 'model_failed' })
  expect((error as Error).message).not.toContain('acme')
  expect(server.asked).toHaveLength(1)
  expect(printed).not.toHaveBeenCalled()
})

test.each([
  ['429', refusing(429, { error: { message: SECRET } }, { 'Retry-After': '0' })],
  ['500', refusing(500, { error: { message: SECRET } })],
  ['a stream without anything', streaming(DONE)],
])('%s is asked again, by us alone', async (_, answer) => {
  server.answers = [answer, streaming(...saying('ok'))]
  expect(await hear(model())).toMatchObject({ text: 'ok', error: null })
  expect(server.asked).toHaveLength(2)
})

test('a refusal that stays is told without its words, and asked for once', async () => {
  server.answers = [refusing(401, { error: { message: SECRET } })]
  const { error } = await hear(model())
  expect(error).toMatchObject({ code: 'model_unavailable', cause: { statusCode: 401 } })
  expect(server.asked).toHaveLength(1)
})

test('an abort and a reader that stops both close the stream upstream', async () => {
  server.answers = [endless(text('x'))]
  const controller = new AbortController()
  const aborted = await hear(model(), { signal: controller.signal }, () => (controller.abort('enough'), undefined))
  expect(aborted).toMatchObject({ error: 'enough', said: ['x'] })
  await server.asked[0]?.closed
  expect((await hear(model(), {}, () => 'stop')).said).toEqual(['x'])
  await server.asked[1]?.closed
})

test.each([
  ['endless text', endless(text('x'.repeat(1000))), { bytes: 50_000 }],
  ['one endless line', endless('data: xxxxxxxx'), {}],
  ['silence', hanging(text('x')), { silence: 50 }],
])('%s ends at its limit, here and upstream', async (_, answer, limits) => {
  server.answers = [answer]
  expect((await hear(model({ limits }))).error).toMatchObject({ name: 'PublicError', code: 'model_limit' })
  await server.asked[0]?.closed
  expect(server.asked).toHaveLength(1)
})

test('a model that goes on is given its partial answer', async () => {
  server.answers = [streaming(...saying(' and', ' on'))]
  const { text: rest } = await hear(model({ continues: true }), { prefix: 'On ' })
  expect(`On ${rest}`).toBe('On and on')
  expect(server.asked[0]?.body['messages']).toMatchObject([{ role: 'user' }, { role: 'assistant', content: 'On' }])
})

test('sources, calls that come whole, and what the provider runs itself', () => {
  const reader = new PartReader()
  const parts = [
    { type: 'source', sourceType: 'url', id: '1', url: 'https://a.example' }, { type: 'source', sourceType: 'document', id: '2', title: 'A doc' },
    { type: 'tool-input-start', id: 'p', toolName: 'search', providerExecuted: true }, { type: 'tool-input-delta', id: 'p', delta: '{}' },
    { type: 'tool-call', toolCallId: 'p', toolName: 'search', input: {}, providerExecuted: true },
    { type: 'tool-call', toolCallId: 'q', toolName: 'search', input: {}, providerExecuted: true },
    { type: 'tool-call', toolCallId: 'a', toolName: 'search', input: { q: 1 } }, { type: 'raw', rawValue: 1 },
  ]
  expect(parts.flatMap((part) => reader.read(part).said)).toEqual([
    { type: 'source', title: 'https://a.example', url: 'https://a.example' }, { type: 'source', title: 'A doc' },
    started('a'), input('{"q":1}'), { type: 'block_end' },
  ])
})
