import OpenAI from 'openai'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { chunk, DONE, finish, line, saying, text, usage } from '../../../../test/support/model/chat.ts'
import { hear, QUESTION } from '../../../../test/support/model/hear.ts'
import { cut, endless, hanging, refusing, startModelServer, streaming, type Answer, type ModelServer } from '../../../../test/support/model/server.ts'
import { limitedFetch } from './limited-fetch.ts'
import { openaiModel, type OpenaiModelOptions } from './openai.ts'
import type { Model } from './model.ts'

const SECRET = 'the account of acme-corp is out of credit'

let server: ModelServer
beforeEach(async () => { server = await startModelServer() })
afterEach(() => server[Symbol.asyncDispose]())

function model(options: Partial<OpenaiModelOptions> = {}): Model {
  return openaiModel({ model: 'test', baseURL: `${server.url}/v1`, ...options })
}

test('text, reasoning, usage and the reason it stopped', async () => {
  server.answers = [streaming(
    chunk({ role: 'assistant', content: '' }), chunk({ reasoning_content: 'Let me ' }), chunk({ reasoning: 'see.' }), text('Be'), text('cause 🌍.'), finish('length'),
    line({ choices: [], usage: {
      prompt_tokens: 7, completion_tokens: 9, prompt_tokens_details: { cached_tokens: 3 }, completion_tokens_details: { reasoning_tokens: 4, audio_tokens: null },
    } }), DONE,
  )]
  expect(await hear(model())).toEqual({
    said: [
      { type: 'delta', kind: 'reasoning', text: 'Let me ' }, { type: 'delta', kind: 'reasoning', text: 'see.' }, 'Be', 'cause 🌍.',
      { type: 'usage', usage: { input: 7, output: 9, cached: 3, reasoning: 4 } }, { type: 'finish', reason: 'length' },
    ],
    text: 'Because 🌍.', error: null,
  })
})

test('what is asked is asked in that vendor’s words', async () => {
  server.answers = [streaming(...saying('ok'))]
  const messages = [
    { role: 'system', text: 'Be brief.' }, ...QUESTION,
    { role: 'assistant', text: 'Hm.', calls: [{ id: 'a', name: 'search', input: { q: 'why' } }] }, { role: 'tool', call: 'a', text: '42' },
  ] as const
  const tools = [{ name: 'search', description: 'Finds.', input: { type: 'object' } }]
  await hear(model({ body: { top_p: 0.5 }, apiKey: 'key' }), { messages, tools, maxTokens: 5, temperature: 0, seed: 1 })
  const [{ path, body, headers }] = server.asked as [ModelServer['asked'][0]]
  expect(path).toBe('/v1/chat/completions')
  expect(headers.authorization).toBe('Bearer key')
  expect(body).toEqual({
    model: 'test', stream: true, stream_options: { include_usage: true }, max_tokens: 5, temperature: 0, seed: 1, top_p: 0.5,
    messages: [
      { role: 'system', content: 'Be brief.' }, { role: 'user', content: 'Why?' },
      { role: 'assistant', content: 'Hm.', tool_calls: [{ id: 'a', type: 'function', function: { name: 'search', arguments: '{"q":"why"}' } }] },
      { role: 'tool', tool_call_id: 'a', content: '42' },
    ],
    tools: [{ type: 'function', function: { name: 'search', description: 'Finds.', parameters: { type: 'object' } } }],
  })
})

test('no key of the environment is shown to a server that is not the vendor’s', async () => {
  server.answers = [streaming(...saying('ok'))]
  const before = process.env['OPENAI_API_KEY']
  process.env['OPENAI_API_KEY'] = 'sk-secret'
  try {
    await hear(model())
  } finally {
    if (before === undefined) delete process.env['OPENAI_API_KEY']
    else process.env['OPENAI_API_KEY'] = before
  }
  expect(JSON.stringify(server.asked[0]?.headers)).not.toContain('sk-secret')
})

test('a client of one’s own is used as it is', async () => {
  server.answers = [streaming(...saying('ok'))]
  const client = new OpenAI({ apiKey: 'mine', baseURL: `${server.url}/other/v2` })
  expect(await hear(openaiModel({ model: 'test', client }))).toMatchObject({ text: 'ok', error: null })
  expect(server.asked[0]).toMatchObject({ path: '/other/v2/chat/completions', headers: { authorization: 'Bearer mine' } })
})

const call = (index: number, id: string | null, args: string, name: string | null = null): string =>
  chunk({ tool_calls: [{ index, ...(id === null ? {} : { id, type: 'function' }), function: { ...(name === null ? {} : { name }), arguments: args } }] })
const started = (id: string, name: string): object => ({ type: 'block_start', kind: 'tool_call', id, name })
const input = (text: string): object => ({ type: 'delta', kind: 'tool_call', text })

test('calls that come interleaved are said one after another, the first as it comes', async () => {
  server.answers = [streaming(
    text('Hm. '), call(0, 'a', '', 'find'), call(0, null, '{"q":'), call(1, 'b', '{"x"', 'sum'), call(0, null, '1}'), call(1, null, ':2}'), finish('tool_calls'), DONE,
  )]
  expect((await hear(model())).said).toEqual([
    'Hm. ', started('a', 'find'), input('{"q":'), input('1}'), { type: 'block_end' }, started('b', 'sum'), input('{"x"'), input(':2}'), { type: 'block_end' },
    { type: 'finish', reason: 'tool_calls' },
  ])
})

test('a server that gives all its calls one number still makes several', async () => {
  server.answers = [streaming(call(0, 'a', '{}', 'find'), call(0, 'b', '', 'sum'), finish('tool_calls'), DONE)]
  expect((await hear(model())).said).toEqual([
    started('a', 'find'), input('{}'), { type: 'block_end' }, started('b', 'sum'), input('{}'), { type: 'block_end' }, { type: 'finish', reason: 'tool_calls' },
  ])
})

test('calls without an id get one each that is nobody else’s', async () => {
  const nameless = chunk({ tool_calls: [{ index: 0, function: { name: 'find', arguments: '{}' } }] })
  server.answers = [streaming(nameless, finish('tool_calls'), DONE)]
  const ids = await Promise.all([1, 2].map(async () => ((await hear(model())).said[0] as { id: string }).id))
  expect(new Set(ids).size).toBe(2)
  expect(ids[0]).toMatch(/^call_\w+$/)
})

test('two calls of one id are two calls', async () => {
  server.answers = [streaming(call(0, 'a', '{"n":1}', 'find'), call(1, 'a', '{"n":', 'find'), call(1, 'a', '2}', ''), finish('tool_calls'), DONE)]
  const { said } = await hear(model())
  const [first, second] = said.flatMap((one) => (typeof one === 'object' && 'id' in one ? [one.id] : []))
  expect(first).toBe('a')
  expect(second).toMatch(/^call_\w+$/)
  expect(said.filter((one) => typeof one === 'object' && 'text' in one)).toEqual([input('{"n":1}'), input('{"n":'), input('2}')])
})

test('citations are sources, a refusal is text, and a reason of the server’s own stays', async () => {
  const annotations = [{ type: 'url_citation', url_citation: { title: 'A doc', url: 'https://a.example' } }, { type: 'url_citation', url_citation: { url: 'https://b.example' } }]
  server.answers = [streaming(chunk({ refusal: 'No.' }), chunk({ annotations }), finish('constructor'), DONE)]
  expect((await hear(model())).said).toEqual([
    'No.', { type: 'source', title: 'A doc', url: 'https://a.example' }, { type: 'source', title: 'https://b.example', url: 'https://b.example' },
    { type: 'finish', reason: 'constructor' },
  ])
})

test('chunks of forms that nobody wrote down do no harm', async () => {
  server.answers = [streaming(
    ': a comment\n\n', line({}), line({ choices: [{ index: 0 }] }), chunk({ content: [{ type: 'text', text: 'x' }], tool_calls: null, annotations: null }), chunk({ content: null }),
    ...saying('ok'),
  )]
  expect(await hear(model())).toMatchObject({ text: 'ok', error: null })
})

test.each([
  ['an error object in mid-stream', streaming(text('so far'), line({ error: { message: SECRET, code: 500 } }))],
  ['a cut', cut(text('so far'))],
  ['an end without a reason', streaming(text('so far'))],
  ['an end without a reason, and DONE', streaming(text('so far'), DONE)],
  ['the reason `error`', streaming(text('so far'), finish('error'), DONE)],
  ['something that is no JSON', streaming(text('so far'), `data: {"choices":[{"delta":{"content":"${SECRET}\n\n`)],
])('%s in mid-answer keeps what was said, fails in public words and is not asked again', async (_, answer) => {
  server.answers = [answer, streaming(...saying('again'))]
  const { said, error } = await hear(model())
  expect(said).toEqual(['so far'])
  expect(error).toMatchObject({ name: 'PublicError', code: 'model_failed' })
  expect((error as Error).message).not.toContain('acme')
  expect(server.asked).toHaveLength(1)
})

test.each([
  ['429', refusing(429, { error: { message: SECRET } }, { 'Retry-After': '0' })],
  ['500', refusing(500, { error: { message: SECRET } })],
  ['a cut before the first token', cut(chunk({ role: 'assistant', content: '' }))],
  ['a stream without anything', streaming(DONE)],
])('%s is asked again', async (_, answer) => {
  server.answers = [answer, streaming(...saying('ok'))]
  expect(await hear(model())).toMatchObject({ text: 'ok', error: null })
  expect(server.asked).toHaveLength(2)
})

test('a server that stays broken is given up, without its words', async () => {
  server.answers = [refusing(503, { error: { message: SECRET } })]
  const { said, error } = await hear(model({ retries: 1 }))
  expect(said).toEqual([])
  expect(error).toMatchObject({ code: 'model_unavailable', cause: { status: 503 } })
  expect((error as Error).message).not.toContain('acme')
  expect(server.asked).toHaveLength(2)
})

test('a request that is at fault is not repeated', async () => {
  server.answers = [refusing(400, { error: { message: SECRET } })]
  expect((await hear(model())).error).toMatchObject({ code: 'model_failed', message: 'The model did not accept the request.' })
  expect(server.asked).toHaveLength(1)
})

test('a server that is not there is a model that is not available', async () => {
  const { url } = server
  await server[Symbol.asyncDispose]()
  expect((await hear(model({ baseURL: url, retries: 0 }))).error).toMatchObject({ code: 'model_unavailable' })
})

test('an abort closes the stream upstream within a token', async () => {
  server.answers = [endless(text('x'))]
  const controller = new AbortController()
  let after = 0
  const { error } = await hear(model(), { signal: controller.signal }, () => {
    if (controller.signal.aborted) after += 1
    else controller.abort('enough')
    return undefined
  })
  expect(error).toBe('enough')
  expect(after).toBe(0)
  await server.asked[0]?.closed
})

test('an abort while the model is silent closes it too', async () => {
  server.answers = [hanging(text('so far'))]
  const controller = new AbortController()
  const hearing = hear(model(), { signal: controller.signal }, () => {
    setTimeout(() => controller.abort('enough'))
    return undefined
  })
  expect(await hearing).toMatchObject({ text: 'so far', error: 'enough' })
  await server.asked[0]?.closed
})

test('whoever stops reading closes the stream upstream', async () => {
  server.answers = [endless(text('x'))]
  expect(await hear(model(), {}, () => 'stop')).toMatchObject({ text: 'x', error: null })
  await server.asked[0]?.closed
})

test.each([
  ['endless text', endless(text('x'.repeat(1000))), { bytes: 50_000 }],
  ['endless input for a call', endless(call(0, 'a', 'x'.repeat(1000), 'find')), { bytes: 50_000 }],
  ['endless input for a call that waits for another', endless(call(0, 'a', '', 'find'), call(1, 'b', 'x'.repeat(1000), 'sum')), { bytes: 50_000 }],
  ['one endless line', endless('data: xxxxxxxx'), { bytes: 50_000 }],
  ['one endless event of short lines', endless('data: x\n'), { bytes: 50_000 }],
  ['endless sources', endless(chunk({ annotations: [{ type: 'url_citation', url_citation: { title: 'x'.repeat(1000), url: '/x' } }] })), { bytes: 50_000 }],
  ['endless calls of nothing', endless(call(0, 'a', '', ''), call(0, 'b', '', '')), { bytes: 50_000 }],
  ['endless ids of calls', endless(call(0, 'a'.repeat(1000), '', ''), call(0, 'b'.repeat(1000), '', '')), { bytes: 50_000 }],
  ['endless comments', endless(': alive\n\n'), { firstToken: 200 }],
  ['endless chunks without a word', endless(chunk({})), { firstToken: 200 }],
  ['silence from the start', hanging(), { firstToken: 50 }],
  ['silence after a word', hanging(text('x')), { silence: 50 }],
  ['endless patience', endless(text('x')), { total: 200 }],
])('%s ends at its limit, here and upstream', async (_, answer, limits) => {
  server.answers = [answer]
  const { error } = await hear(model({ limits }))
  expect(error).toMatchObject({ name: 'PublicError', code: 'model_limit' })
  await server.asked[0]?.closed
  expect(server.asked).toHaveLength(1)
})

test('a refusal without an end fails before it fills the memory', async () => {
  const refuse: Answer = (asked) => {
    asked.response.writeHead(400)
    return endless('x\n\n')(asked)
  }
  server.answers = [refuse]
  const { error } = await hear(model({ limits: { bytes: 50_000 } }))
  expect(error).toMatchObject({ name: 'PublicError', code: 'model_failed' })
  await server.asked[0]?.closed
})

test('an event whose bytes come one by one has its end where it is', async () => {
  const slowly: typeof fetch = async (url, init) => {
    const { body, headers } = await fetch(url, init)
    const bytes = new TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>>({
      transform: (chunk, controller) => { for (let at = 0; at < chunk.length; at += 1) controller.enqueue(chunk.subarray(at, at + 1)) },
    })
    return new Response(body!.pipeThrough(bytes), { headers })
  }
  server.answers = [streaming(...saying(...Array.from({ length: 20 }, () => 'a')).map((event) => event.replace('\n\n', '\r\n\r\n')))]
  const read = await (await limitedFetch(400, slowly)(server.url, { method: 'POST', body: '{}' })).text()
  expect(read.length).toBeGreaterThan(2_000)
})

test('a source that was said is not asked for again', async () => {
  const cited = chunk({ annotations: [{ type: 'url_citation', url_citation: { title: 'A', url: '/a' } }] })
  server.answers = [cut(cited), streaming(cited, ...saying('x'))]
  expect(await hear(model())).toMatchObject({ error: { code: 'model_failed' } })
  expect(server.asked).toHaveLength(1)
})

test('a reason that is a word of the language is one of the server’s own', async () => {
  server.answers = [streaming(text('x'), finish('constructor'), DONE)]
  expect((await hear(model())).said.at(-1)).toEqual({ type: 'finish', reason: 'constructor' })
})

test('a model that goes on is given its partial answer, and does not say its last white space twice', async () => {
  server.answers = [streaming(...saying(' and', ' on'))]
  const { text } = await hear(model({ continues: 'assistant' }), { prefix: 'On ' })
  expect(`On ${text}`).toBe('On and on')
  expect(server.asked[0]?.body['messages']).toEqual([{ role: 'user', content: 'Why?' }, { role: 'assistant', content: 'On' }])
  expect(server.asked[0]?.body).not.toHaveProperty('continue_final_message')
})

test('vLLM is told so in its own words', async () => {
  server.answers = [streaming(...saying('!'))]
  await hear(model({ continues: 'vllm' }), { prefix: 'On' })
  expect(server.asked[0]?.body).toMatchObject({ continue_final_message: true, add_generation_prompt: false })
  await hear(model({ continues: 'vllm' }))
  expect(server.asked[1]?.body).not.toHaveProperty('continue_final_message')
})

test('a model that does not go on says so before it is asked', async () => {
  expect(model().continues).toBe(false)
  expect((await hear(model(), { prefix: 'On' })).error).toMatchObject({ name: 'MillraceError', code: 'invalid_request' })
  expect(server.asked).toHaveLength(0)
})

test('the vendor itself takes its limit by another name', async () => {
  server.answers = [streaming(...saying('ok'), usage(1, 1))]
  const toServer: typeof fetch = (_, init) => fetch(`${server.url}/chat/completions`, init)
  await hear(openaiModel({ model: 'gpt', client: new OpenAI({ apiKey: 'mine', fetch: toServer }) }), { maxTokens: 3 })
  expect(server.asked[0]?.body).toMatchObject({ max_completion_tokens: 3 })
})
