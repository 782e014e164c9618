import Anthropic, {
  APIError, AuthenticationError, BadRequestError, ConflictError, NotFoundError, RateLimitError, UnprocessableEntityError, type ClientOptions,
} from '@anthropic-ai/sdk'
import { createServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { anthropic, PublicError, type Json } from '../../packages/millrace/src/index.ts'
import { serve, type Served } from '../../packages/millrace/src/runtime/index.ts'
import { testApp, type TestApp } from '../support/app.ts'
import { clientOf } from '../support/client-version.ts'
import { cuttingProxy } from '../support/cutting-proxy.ts'
import { Script } from '../support/script.ts'

const QUESTION: Anthropic.MessageCreateParamsNonStreaming = { model: 'any', max_tokens: 100, messages: [{ role: 'user', content: 'Why?' }] }
const SECRET = 'postgres://user:hunter2@db/prod'

let script: Script
let server: TestApp
let served: Served
let client: Anthropic

beforeEach(async () => {
  script = new Script()
  const route = { kind: 'answer', dialect: anthropic, input: inputOf }
  server = testApp({
    runs: { answer: script.kind }, routes: { '/v1/messages': route, '/chat/stream': route }, limits: { streams: 2 },
    authenticate: ({ headers }) => (headers.get('Authorization') === 'Bearer key' || headers.get('X-Api-Key') === 'key' ? 'ada' : null),
  })
  served = await serve(server.app, { port: 0 })
  client = new Anthropic({ apiKey: 'key', baseURL: served.url })
})

afterEach(async () => {
  await server.app.close()
  await served.close()
})

function inputOf(body: Json): Json {
  if ((body as { readonly model?: string }).model === 'refused') throw new PublicError('no_model', 'There is no such model.')
  return body
}

const ask = (path: string, init: RequestInit = {}): Promise<Response> => server.ask(path, { ...init, headers: { Authorization: 'Bearer key' } })

/** A line to `target` that loses its first answers: they were given, and nobody hears of it. */
async function losing(target: string, answers: number): Promise<AsyncDisposable & { readonly url: string; readonly statuses: readonly number[] }> {
  const statuses: number[] = []
  const line = {
    url: '', statuses,
    [Symbol.asyncDispose]: () => new Promise<void>((resolve) => {
      lossy.close(() => resolve())
      lossy.closeAllConnections()
    }),
  }
  const lossy = createServer((incoming, outgoing) => {
    const upstream = request(new URL(incoming.url ?? '/', target), { method: incoming.method, headers: incoming.headers }, (answer) => {
      const { statusCode = 502 } = answer
      if (statuses.push(statusCode) <= answers) {
        answer.resume()
        outgoing.destroy()
      } else {
        outgoing.writeHead(statusCode, answer.headers)
        answer.pipe(outgoing)
      }
    })
    incoming.pipe(upstream)
  })
  await new Promise<void>((resolve) => lossy.listen(0, '127.0.0.1', resolve))
  line.url = `http://127.0.0.1:${String((lossy.address() as AddressInfo).port)}`
  return line
}

function sayEverything(): void {
  script.say({ type: 'status', status: 'thinking' }, { type: 'delta', kind: 'reasoning', text: 'Let me ' }, { type: 'delta', kind: 'reasoning', text: 'see.' })
  script.say('Be', 'cause', ' 🌍\u2028\r\n\0.', { type: 'source', title: 'A doc', url: '/a', excerpt: 'because' })
  script.say({ type: 'block_start', kind: 'tool_call', id: 'call_1', name: 'search' }, { type: 'delta', text: '{"q":"w' }, { type: 'delta', text: 'hy"}' })
  script.say({ type: 'usage', usage: { input: 7, output: 9 } }, { type: 'progress', item: 'x', status: 'completed' }, { type: 'block_end' })
  script.end({ ok: true })
}

const CITATION = {
  type: 'search_result_location', title: 'A doc', source: '/a', cited_text: 'because', search_result_index: 0, start_block_index: 0, end_block_index: 0,
}
const MESSAGE = {
  type: 'message', role: 'assistant', model: 'millrace/answer', stop_reason: 'tool_use', stop_sequence: null,
  usage: { input_tokens: 7, output_tokens: 9 },
  content: [
    { type: 'thinking', thinking: 'Let me see.', signature: '' },
    { type: 'text', text: 'Because 🌍\u2028\r\n\0.', citations: [CITATION] },
    { type: 'tool_use', id: 'call_1', name: 'search', input: { q: 'why' } },
  ],
}

describe(clientOf('@anthropic-ai/sdk'), () => {
  test('text, reasoning, a tool, a citation, usage: streamed and in one piece', async () => {
    sayEverything()
    const stream = client.messages.stream(QUESTION)
    const texts: string[] = []
    stream.on('text', (text) => texts.push(text))
    const streamed = await stream.finalMessage()
    const whole = await client.messages.create(QUESTION)
    expect(streamed).toMatchObject(MESSAGE)
    expect(whole).toMatchObject(MESSAGE)
    expect(texts.join('')).toBe('Because 🌍\u2028\r\n\0.')
    for (const message of [streamed, whole]) {
      const run = await ask(`/runs/${message.id.replace('msg_', '')}`)
      expect(await run.json()).toMatchObject({ status: 'completed', text: texts.join('') })
    }
  })

  test('each token as it is said, with pings between them', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
    try {
      const stream = await client.messages.create({ ...QUESTION, stream: true })
      const seen: string[] = []
      script.say('one')
      for await (const event of stream) {
        if (event.type === 'content_block_delta' && event.delta.type === 'text_delta') {
          seen.push(event.delta.text)
          vi.advanceTimersByTime(40_000)
          if (seen.length === 1) script.say('two')
          else script.end()
        }
      }
      expect(seen).toEqual(['one', 'two'])
    } finally {
      vi.useRealTimers()
    }
  })

  test('a heartbeat is that vendor’s ping', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
    try {
      const response = await fetch(`${served.url}/v1/messages`, { method: 'POST', headers: { 'Content-Type': 'application/json', Authorization: 'Bearer key' }, body: '{"stream":true}' })
      const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader()
      expect((await reader.read()).value).toContain('message_start')
      vi.advanceTimersByTime(16_000)
      expect((await reader.read()).value).toBe('event: ping\ndata: {"type":"ping"}\n\n')
      await reader.cancel()
    } finally {
      vi.useRealTimers()
    }
  })

  test('a failure with its public reason, streamed and in one piece, not asked for again', async () => {
    script.say('so far')
    script.fail(new PublicError('no_model', 'The model is not there.'))
    const failure: unknown = await client.messages.stream(QUESTION).finalMessage().catch((error: unknown) => error)
    expect(failure).toBeInstanceOf(APIError)
    expect((failure as APIError).error).toEqual({ type: 'error', error: { type: 'api_error', code: 'no_model', message: 'The model is not there.' } })
    const whole: unknown = await client.messages.create(QUESTION).catch((error: unknown) => error)
    expect(whole).toMatchObject({ status: 500, error: { error: { code: 'no_model', message: 'The model is not there.' } } })
    expect(script.starts).toBe(2)
  })

  test('nothing of a failure that is not public', async () => {
    script.fail(new Error(SECRET))
    const failures = [await client.messages.stream(QUESTION).finalMessage().catch((error: unknown) => error), await client.messages.create(QUESTION).catch((error: unknown) => error)]
    for (const failure of failures) {
      expect(failure).toBeInstanceOf(APIError)
      expect((failure as APIError).error).toMatchObject({ error: { code: 'internal' } })
      expect(`${JSON.stringify(failure)} ${String(failure)}`).not.toContain('hunter2')
    }
    expect(server.logged.some(({ details }) => (details as { error: Error }).error.message === SECRET)).toBe(true)
  })

  test('cancelled from elsewhere, streamed and in one piece, not started again', async () => {
    script.say('so far')
    const stream = client.messages.stream(QUESTION)
    const run = await new Promise<string>((resolve) => stream.on('streamEvent', (_event, message) => resolve(message.id.replace('msg_', ''))))
    const whole = client.messages.create(QUESTION).catch((error: unknown) => error)
    await vi.waitUntil(() => script.starts === 2)
    const runs = (await (await ask('/runs')).json()) as { runs: { id: string }[] }
    expect(runs.runs.map(({ id }) => id)).toContain(run)
    for (const { id } of runs.runs) await ask(`/runs/${id}`, { method: 'DELETE' })
    for (const failure of [await stream.finalMessage().catch((error: unknown) => error), await whole]) {
      expect((failure as APIError).error).toMatchObject({ error: { type: 'api_error', message: 'The run was cancelled.' } })
    }
    expect(script.starts).toBe(2)
  })

  test('cut by the server: an error, not a short message', async () => {
    script.say('so far')
    const stream = client.messages.stream(QUESTION)
    stream.on('text', () => void server.app.close())
    await expect(stream.finalMessage()).rejects.toThrow()
  })

  test('the events on another path, in their order', async () => {
    sayEverything()
    const response = await fetch(`${served.url}/chat/stream`, { method: 'POST', headers: { 'Content-Type': 'application/json', Authorization: 'Bearer key' }, body: '{"message":"Why?"}' })
    const names = [...(await response.text()).matchAll(/^event: (.*)$/gm)].map(([, name]) => name)
    expect(names.filter((name, index) => name !== names[index - 1])).toEqual([
      'message_start', 'content_block_start', 'content_block_delta', 'content_block_stop', 'content_block_start', 'content_block_delta',
      'content_block_stop', 'content_block_start', 'content_block_delta', 'content_block_stop', 'message_delta', 'message_stop',
    ])
    expect(response.headers.get('Millrace-Run')).toMatch(/^[\w-]{22}$/)
  })

  test('a tool with its result, and words after it', async () => {
    script.say('I look. ', { type: 'block_start', kind: 'tool_call', id: 'call_1', name: 'search' }, { type: 'delta', text: '{"q":"why"}' })
    script.say({ type: 'block_start', kind: 'tool_result', id: 'call_1' }, { type: 'delta', text: 'A doc' }, 'Because.')
    script.end()
    for (const message of [await client.messages.stream(QUESTION).finalMessage(), await client.messages.create(QUESTION)]) {
      expect(message).toMatchObject({
        stop_reason: 'end_turn',
        content: [{ type: 'text', text: 'I look. ' }, { type: 'tool_use', id: 'call_1', name: 'search', input: { q: 'why' } }, { type: 'text', text: 'Because.' }],
      })
    }
  })

  test('cut at every frame: an error, and never a short message', async () => {
    sayEverything()
    await using proxy = await cuttingProxy(served.url)
    const far = new Anthropic({ apiKey: 'key', baseURL: proxy.url, defaultHeaders: { 'Idempotency-Key': 'mine' } })
    const read = (): Promise<Anthropic.Message> => far.messages.stream(QUESTION).finalMessage()
    const whole = await read()
    let answered: Anthropic.Message | null = null
    let cuts = 0
    // The last frame is the message’s end: what is cut behind it has cut nothing.
    for (; answered === null; cuts += 1) {
      proxy.cut({ frames: cuts })
      answered = await read().catch(() => null)
    }
    expect(cuts).toBeGreaterThan(10)
    expect(answered).toEqual(whole)
    expect(script.starts).toBe(1)
  })

  test('retried where the answer was lost, with a key: the same run, paid for once', async () => {
    sayEverything()
    await using proxy = await losing(served.url, 2)
    const far = new Anthropic({ apiKey: 'key', baseURL: proxy.url })
    const message = await far.messages.create(QUESTION, { headers: { 'Idempotency-Key': 'mine' } })
    expect(message).toMatchObject(MESSAGE)
    expect([proxy.statuses, script.starts]).toEqual([[200, 200, 200], 1])
  })

  test('too many streams: asked again once there is room, and paid for once', async () => {
    const held = await Promise.all([1, 2].map(() => client.messages.create({ ...QUESTION, stream: true })))
    const refused: unknown = await client.messages.create(QUESTION, { maxRetries: 0 }).catch((error: unknown) => error)
    expect(refused).toBeInstanceOf(RateLimitError)
    expect(refused).toMatchObject({ status: 429, type: 'rate_limit_error' })
    await using proxy = await losing(served.url, 0)
    const third = new Anthropic({ apiKey: 'key', baseURL: proxy.url }).messages.create(QUESTION)
    await vi.waitUntil(() => proxy.statuses.length === 1)
    for (const stream of held) stream.controller.abort()
    script.say('Because.')
    script.end()
    expect(await third).toMatchObject({ content: [{ text: 'Because.' }] })
    expect([proxy.statuses, script.starts]).toEqual([[429, 200], 3])
  })

  test.each<[string, number, abstract new (...args: never) => APIError, string, (make: (options: ClientOptions) => Anthropic) => Promise<unknown>]>([
    ['nobody', 401, AuthenticationError, 'authentication_error', (make) => make({ apiKey: 'wrong' }).messages.create(QUESTION)],
    ['a bad key', 400, BadRequestError, 'invalid_request_error', (make) => make({ defaultHeaders: { 'Idempotency-Key': 'a b' } }).messages.create(QUESTION)],
    ['a model that is not there', 422, UnprocessableEntityError, 'invalid_request_error', (make) => make({}).messages.create({ ...QUESTION, model: 'refused' })],
    ['a run that is not there', 404, NotFoundError, 'not_found_error', (make) => make({ defaultHeaders: { 'Idempotency-Key': 'a', 'Last-Event-ID': '00000000-1' } }).messages.create(QUESTION)],
  ])('refused, typed: %s', async (_what, status, type, errorType, refusal) => {
    const error: unknown = await refusal((options) => new Anthropic({ apiKey: 'key', baseURL: served.url, ...options })).catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(type)
    expect(error).toMatchObject({ status, type: errorType })
    expect(script.starts).toBe(0)
  })

  test('a place in another log: refused, typed, and not asked again', async () => {
    script.end()
    await client.messages.create(QUESTION, { headers: { 'Idempotency-Key': 'mine' } })
    await using proxy = await losing(served.url, 0)
    const far = new Anthropic({ apiKey: 'key', baseURL: proxy.url, defaultHeaders: { 'Idempotency-Key': 'mine', 'Last-Event-ID': '00000000-1' } })
    const error: unknown = await far.messages.create({ ...QUESTION, stream: true }).catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(ConflictError)
    expect(error).toMatchObject({ status: 409, error: { error: { code: 'reset' } } })
    expect([proxy.statuses, script.starts]).toEqual([[409], 1])
  })
})
