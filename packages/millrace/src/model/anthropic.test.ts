import Anthropic from '@anthropic-ai/sdk'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { hear, QUESTION } from '../../../../test/support/model/hear.ts'
import { begin, close, delta, end, event, input, open, saying, text, TEXT } from '../../../../test/support/model/messages.ts'
import { cut, endless, hanging, refusing, startModelServer, streaming, type ModelServer } from '../../../../test/support/model/server.ts'
import { anthropicModel, type AnthropicModelOptions } from './anthropic.ts'
import type { Model } from './model.ts'

const SECRET = 'the account of acme-corp is out of credit'
const ERROR = event('error', { error: { type: 'overloaded_error', message: SECRET } })

let server: ModelServer
beforeEach(async () => { server = await startModelServer() })
afterEach(() => server[Symbol.asyncDispose]())

function model(options: Partial<AnthropicModelOptions> = {}): Model {
  return anthropicModel({ model: 'test', baseURL: server.url, ...options })
}

const tool = (id: string) => ({ type: 'tool_use', id, name: 'search', input: {} })
const started = (id: string): object => ({ type: 'block_start', kind: 'tool_call', id, name: 'search' })
const saidInput = (json: string): object => ({ type: 'delta', kind: 'tool_call', text: json })

test('text, thinking, calls, usage and the reason it stopped', async () => {
  server.answers = [streaming(
    begin({ input_tokens: 7, cache_read_input_tokens: 3, cache_creation_input_tokens: 2, output_tokens: 1 }), event('ping'),
    open(0, { type: 'thinking', thinking: '', signature: '' }), delta(0, { type: 'thinking_delta', thinking: 'Hm.' }), delta(0, { type: 'signature_delta', signature: 'x' }), close(0),
    open(1, TEXT), text(1, 'Be'), text(1, 'cause 🌍.'), close(1),
    open(2, tool('a')), input(2, ''), input(2, '{"q":'), input(2, '1}'), close(2), open(3, tool('b')), close(3), ...end('tool_use'),
  )]
  expect(await hear(model())).toEqual({
    said: [
      { type: 'delta', kind: 'reasoning', text: 'Hm.' }, 'Be', 'cause 🌍.', started('a'), saidInput('{"q":'), saidInput('1}'), { type: 'block_end' },
      started('b'), saidInput('{}'), { type: 'block_end' },
      { type: 'usage', usage: { input: 12, output: 9, cached: 3 } }, { type: 'finish', reason: 'tool_calls' },
    ],
    text: 'Because 🌍.', error: null,
  })
})

test.each([
  ['end_turn', 'stop'], ['max_tokens', 'length'], ['stop_sequence', 'stop_sequence'], ['refusal', 'content_filter'], ['pause_turn', 'pause'],
  ['model_context_window_exceeded', 'length'], ['a_new_one', 'a_new_one'], ['constructor', 'constructor'], [null, 'stop'],
])('it stops for %s: %s', async (theirs, ours) => {
  server.answers = [streaming(begin(), ...end(theirs))]
  expect((await hear(model())).said.at(-1)).toEqual({ type: 'finish', reason: ours })
})

test('citations are sources, and what the vendor’s own tools do is not ours to run', async () => {
  const cite = (citation: { readonly [field: string]: string }): string => delta(1, { type: 'citations_delta', citation })
  server.answers = [streaming(
    begin(), open(0, { type: 'server_tool_use', id: 's', name: 'web_search', input: {} }), input(0, '{"query":1}'), close(0),
    open(1, TEXT), text(1, 'So'), cite({ type: 'web_search_result_location', title: 'A page', url: 'https://a.example', cited_text: 'so' }),
    cite({ type: 'search_result_location', title: 'A hit', source: '/b', cited_text: 'so' }), cite({ type: 'char_location', document_title: 'A doc', cited_text: 'so' }),
    text(1, '.'), close(1), ...end(),
  )]
  const { said, text: all } = await hear(model())
  expect(all).toBe('So.')
  expect(said.slice(1, 4)).toEqual([
    { type: 'source', title: 'A page', url: 'https://a.example', excerpt: 'so' }, { type: 'source', title: 'A hit', url: '/b', excerpt: 'so' },
    { type: 'source', title: 'A doc', excerpt: 'so' },
  ])
  expect(said).toHaveLength(7)
})

test('what is asked is asked in that vendor’s words', async () => {
  server.answers = [streaming(...saying('ok'))]
  const call = (id: string) => ({ id, name: 'search', input: { q: id } })
  const messages = [
    { role: 'system', text: 'Be brief.' }, ...QUESTION, { role: 'assistant', text: '', calls: [call('a'), call('b')] },
    { role: 'tool', call: 'a', text: '42' }, { role: 'tool', call: 'b', text: 'no', failed: true }, { role: 'assistant', text: 'Hm.' }, { role: 'user', text: 'And?' },
  ] as const
  const tools = [{ name: 'search', description: 'Finds.', input: { type: 'object' } }]
  await hear(model({ body: { top_k: 5 }, apiKey: 'key' }), { messages, tools, maxTokens: 5, temperature: 0, seed: 1 })
  const [{ path, body, headers }] = server.asked as [ModelServer['asked'][0]]
  expect(path).toBe('/v1/messages')
  expect(JSON.stringify(headers)).toContain('key')
  expect(body).toEqual({
    model: 'test', stream: true, max_tokens: 5, temperature: 0, top_k: 5, system: [{ type: 'text', text: 'Be brief.' }],
    messages: [
      { role: 'user', content: 'Why?' },
      { role: 'assistant', content: [{ type: 'tool_use', id: 'a', name: 'search', input: { q: 'a' } }, { type: 'tool_use', id: 'b', name: 'search', input: { q: 'b' } }] },
      { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'a', content: '42' }, { type: 'tool_result', tool_use_id: 'b', content: 'no', is_error: true }] },
      { role: 'assistant', content: 'Hm.' }, { role: 'user', content: 'And?' },
    ],
    tools: [{ name: 'search', description: 'Finds.', input_schema: { type: 'object' } }],
  })
})

test.each(['ANTHROPIC_API_KEY', 'ANTHROPIC_AUTH_TOKEN'])('%s of the environment is not shown to a server that is not the vendor’s', async (name) => {
  server.answers = [streaming(...saying('ok'))]
  vi.stubEnv(name, 'sk-secret')
  await hear(model()).finally(() => vi.unstubAllEnvs())
  expect(server.asked).toHaveLength(1)
  expect(JSON.stringify(server.asked[0]?.headers)).not.toContain('sk-secret')
})

test('a client of one’s own is used as it is', async () => {
  server.answers = [streaming(...saying('ok'))]
  const client = new Anthropic({ apiKey: 'mine', baseURL: `${server.url}/other` })
  expect(await hear(anthropicModel({ model: 'test', client }))).toMatchObject({ text: 'ok', error: null })
  expect(server.asked[0]?.path).toBe('/other/v1/messages')
})

const BEGUN = [begin(), open(0, TEXT), text(0, 'so far')]

test.each([
  ['an error event', streaming(...BEGUN, ERROR)],
  ['a cut', cut(...BEGUN)],
  ['an end without message_stop', streaming(...BEGUN, close(0))],
])('%s in mid-answer keeps what was said, fails in public words and is not asked again', async (_, answer) => {
  server.answers = [answer, streaming(...saying('again'))]
  const { said, error } = await hear(model())
  expect(said).toEqual(['so far'])
  expect(error).toMatchObject({ name: 'PublicError', code: 'model_failed' })
  expect((error as Error).message).not.toContain('acme')
  expect(server.asked).toHaveLength(1)
})

test.each([
  ['429', refusing(429, { type: 'error', error: { type: 'rate_limit_error', message: SECRET } }, { 'Retry-After': '0' })],
  ['529', refusing(529, { type: 'error', error: { type: 'overloaded_error', message: SECRET } })],
  ['an error event before the first token', streaming(begin(), ERROR)],
])('%s is asked again', async (_, answer) => {
  server.answers = [answer, streaming(...saying('ok'))]
  expect(await hear(model())).toMatchObject({ text: 'ok', error: null })
  expect(server.asked).toHaveLength(2)
})

test('a refusal that stays is told without its words, and asked for once', async () => {
  server.answers = [refusing(401, { type: 'error', error: { type: 'authentication_error', message: SECRET } })]
  const { error } = await hear(model())
  expect(error).toMatchObject({ code: 'model_unavailable', cause: { status: 401 } })
  expect((error as Error).message).not.toContain('acme')
  expect(server.asked).toHaveLength(1)
})

test('an abort and a reader that stops both close the stream upstream', async () => {
  server.answers = [endless(...BEGUN)]
  const controller = new AbortController()
  const aborted = await hear(model(), { signal: controller.signal }, () => (controller.abort('enough'), undefined))
  expect(aborted).toMatchObject({ error: 'enough', said: ['so far'] })
  await server.asked[0]?.closed
  expect((await hear(model(), {}, () => 'stop')).said).toEqual(['so far'])
  await server.asked[1]?.closed
})

test.each([
  ['endless text', endless(text(0, 'x'.repeat(1000))), { bytes: 50_000 }],
  ['endless input', endless(input(1, 'x'.repeat(1000))), { bytes: 50_000 }],
  ['one endless line', endless('data: xxxxxxxx'), { bytes: 50_000 }],
  ['endless pings', endless(event('ping')), { silence: 200 }],
  ['silence', hanging(), { silence: 50 }],
])('%s ends at its limit, here and upstream', async (_, more, limits) => {
  server.answers = [async (asked) => {
    await hanging(...BEGUN, open(1, tool('a')))(asked)
    await more(asked)
  }]
  expect((await hear(model({ limits }))).error).toMatchObject({ name: 'PublicError', code: 'model_limit' })
  await server.asked[0]?.closed
})

test('a model that goes on is given its partial answer without the white space at its end, which this vendor refuses', async () => {
  server.answers = [streaming(...saying(' and', ' on'))]
  const { text: rest } = await hear(model({ continues: true }), { prefix: 'On ' })
  expect(`On ${rest}`).toBe('On and on')
  expect(server.asked[0]?.body['messages']).toEqual([{ role: 'user', content: 'Why?' }, { role: 'assistant', content: 'On' }])
  expect(model().continues).toBe(false)
})
