import Anthropic, { APIError } from '@anthropic-ai/sdk'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { anthropic, PublicError, type Json } from '../../packages/millrace/src/index.ts'
import { serve, type Served } from '../../packages/millrace/src/runtime/index.ts'
import { testApp, type TestApp } from '../support/app.ts'
import { clientOf } from '../support/client-version.ts'
import { Script } from '../support/script.ts'

const QUESTION: Anthropic.MessageCreateParamsNonStreaming = { model: 'any', max_tokens: 100, messages: [{ role: 'user', content: 'Why?' }] }
const SECRET = 'postgres://user:hunter2@db/prod'

let script: Script
let server: TestApp
let served: Served
let client: Anthropic

beforeEach(async () => {
  script = new Script()
  const route = { kind: 'answer', dialect: anthropic, input: (body: Json): Json => body }
  server = testApp({ runs: { answer: script.kind }, routes: { '/v1/messages': route, '/chat/stream': route }, authenticate: () => 'ada' })
  served = await serve(server.app, { port: 0 })
  client = new Anthropic({ apiKey: 'key', baseURL: served.url })
})

afterEach(async () => {
  await server.app.close()
  await served.close()
})

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
  test('text, reasoning, a tool, a citation and usage, streamed and whole', async () => {
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
      const run = await server.ask(`/runs/${message.id.replace('msg_', '')}`)
      expect(await run.json()).toMatchObject({ status: 'completed', text: texts.join('') })
    }
  })

  test('tokens as they are said, with pings between them', async () => {
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

  test('heartbeats, as pings of that vendor’s', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
    try {
      const response = await fetch(`${served.url}/v1/messages`, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: '{"stream":true}' })
      const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader()
      expect((await reader.read()).value).toContain('message_start')
      vi.advanceTimersByTime(16_000)
      expect((await reader.read()).value).toBe('event: ping\ndata: {"type":"ping"}\n\n')
      await reader.cancel()
    } finally {
      vi.useRealTimers()
    }
  })

  test('a failure with a public reason, streamed and whole, which is not paid for again', async () => {
    script.say('so far')
    script.fail(new PublicError('no_model', 'The model is not there.'))
    const failure: unknown = await client.messages.stream(QUESTION).finalMessage().catch((error: unknown) => error)
    expect(failure).toBeInstanceOf(APIError)
    expect((failure as APIError).error).toEqual({ type: 'error', error: { type: 'api_error', code: 'no_model', message: 'The model is not there.' } })
    const whole: unknown = await client.messages.create(QUESTION).catch((error: unknown) => error)
    expect(whole).toMatchObject({ status: 500, error: { error: { code: 'no_model', message: 'The model is not there.' } } })
    expect(script.starts).toBe(2)
  })

  test('an error that is not public, of which nothing is told', async () => {
    script.fail(new Error(SECRET))
    const failures = [await client.messages.stream(QUESTION).finalMessage().catch((error: unknown) => error), await client.messages.create(QUESTION).catch((error: unknown) => error)]
    for (const failure of failures) {
      expect(failure).toBeInstanceOf(APIError)
      expect((failure as APIError).error).toMatchObject({ error: { code: 'internal' } })
      expect(`${JSON.stringify(failure)} ${String(failure)}`).not.toContain('hunter2')
    }
    expect(server.logged.some(({ details }) => (details as { error: Error }).error.message === SECRET)).toBe(true)
  })

  test('cancelled from elsewhere while it streams, and while it waits', async () => {
    script.say('so far')
    const stream = client.messages.stream(QUESTION)
    const run = await new Promise<string>((resolve) => stream.on('streamEvent', (_event, message) => resolve(message.id.replace('msg_', ''))))
    const whole = client.messages.create(QUESTION).catch((error: unknown) => error)
    await vi.waitUntil(() => script.starts === 2)
    const runs = (await (await server.ask('/runs')).json()) as { runs: { id: string }[] }
    expect(runs.runs.map(({ id }) => id)).toContain(run)
    for (const { id } of runs.runs) await server.ask(`/runs/${id}`, { method: 'DELETE' })
    for (const failure of [await stream.finalMessage().catch((error: unknown) => error), await whole]) {
      expect((failure as APIError).error).toMatchObject({ error: { type: 'api_error', message: 'The run was cancelled.' } })
    }
    expect(script.starts).toBe(2)
  })

  test('cut before its end: an error, not a short message', async () => {
    script.say('so far')
    const stream = client.messages.stream(QUESTION)
    stream.on('text', () => void server.app.close())
    await expect(stream.finalMessage()).rejects.toThrow()
  })

  test('at another path', async () => {
    sayEverything()
    const response = await fetch(`${served.url}/chat/stream`, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: '{"message":"Why?"}' })
    const names = [...(await response.text()).matchAll(/^event: (.*)$/gm)].map(([, name]) => name)
    expect(names.filter((name, index) => name !== names[index - 1])).toEqual([
      'message_start', 'content_block_start', 'content_block_delta', 'content_block_stop', 'content_block_start', 'content_block_delta',
      'content_block_stop', 'content_block_start', 'content_block_delta', 'content_block_stop', 'message_delta', 'message_stop',
    ])
    expect(response.headers.get('Millrace-Run')).toMatch(/^[\w-]{22}$/)
  })
})
