import OpenAI, { APIError, AuthenticationError, BadRequestError, InternalServerError, NotFoundError, RateLimitError, UnprocessableEntityError } from 'openai'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { openai, PublicError, type Json } from '../../packages/millrace/src/index.ts'
import { serve, type Served } from '../../packages/millrace/src/runtime/index.ts'
import { testApp, type TestApp } from '../support/app.ts'
import { clientOf } from '../support/client-version.ts'
import { cuttingProxy } from '../support/cutting-proxy.ts'
import { acceptedByChat, curled, framesOf, snapshotOf } from '../support/openai-reader.ts'
import { logs } from '../support/run/logs.ts'
import { Script } from '../support/script.ts'

type Question = OpenAI.Chat.ChatCompletionCreateParamsNonStreaming
const QUESTION = { model: 'any', messages: [{ role: 'user', content: 'Why?' }] } satisfies Question
const STREAMED = { ...QUESTION, stream: true } as const
const AUTHORIZATION = 'Bearer key'
const SECRET = 'postgres://user:hunter2@db/prod'
const TEXT = 'Because 🌍\u2028\r\n\0.'

let script: Script
let server: TestApp
let served: Served
let client: OpenAI

beforeEach(async () => {
  script = new Script()
  const input = (body: Json): Json => {
    if (body === null || typeof body !== 'object' || !('messages' in body)) throw new PublicError('no_messages', 'Send `messages`.')
    return body
  }
  server = testApp({
    runs: { answer: script.kind }, routes: { '/v1/chat/completions': { kind: 'answer', dialect: openai, input } }, limits: { streams: 2 },
    authenticate: (request) => (request.headers.get('Authorization') === AUTHORIZATION ? 'ada' : null),
  })
  served = await serve(server.app, { port: 0 })
  client = clientAt(served.url)
})

afterEach(async () => {
  await server.app.close()
  await served.close()
})

function clientAt(url: string, apiKey = 'key'): OpenAI {
  return new OpenAI({ apiKey, baseURL: `${url}/v1` })
}

function sayEverything(): void {
  script.say({ type: 'status', status: 'thinking' }, { type: 'delta', kind: 'reasoning', text: 'Let me ' }, { type: 'delta', kind: 'reasoning', text: 'see.' })
  script.say('Be', 'cause', TEXT.slice(7), { type: 'source', title: 'A doc', url: '/a' }, { type: 'progress', item: 'x', status: 'completed' })
  script.say({ type: 'block_start', kind: 'tool_call', id: 'call_1', name: 'search' }, { type: 'delta', text: '{"q":"w' }, { type: 'delta', text: 'hy"}' })
  script.say({ type: 'usage', usage: { input: 7, output: 9 } }, { type: 'mine', anything: [1] })
  script.end({ ok: true })
}

const MESSAGE = {
  object: 'chat.completion', model: 'millrace/answer', usage: { prompt_tokens: 7, completion_tokens: 9, total_tokens: 16 },
  choices: [{
    index: 0, finish_reason: 'tool_calls',
    message: {
      role: 'assistant', content: TEXT, tool_calls: [{ id: 'call_1', type: 'function', function: { name: 'search', arguments: '{"q":"why"}' } }],
      annotations: [{ type: 'url_citation', url_citation: { title: 'A doc', url: '/a', start_index: 0, end_index: 0 } }],
    },
  }],
}

/** What a request was refused with. */
function refusedWith(asked: Promise<unknown>): Promise<APIError> {
  return asked.then(() => expect.unreachable('it was not refused'), (error: unknown) => error as APIError)
}

async function cancelAll(): Promise<void> {
  const { runs } = (await (await server.ask('/runs', { headers: { Authorization: AUTHORIZATION } })).json()) as { runs: { id: string }[] }
  for (const { id } of runs) await server.ask(`/runs/${id}`, { method: 'DELETE', headers: { Authorization: AUTHORIZATION } })
}

describe(clientOf('openai'), () => {
  describe('chat completions', () => {
    test('text, reasoning, tools, sources and usage, streamed and whole', async () => {
      sayEverything()
      const stream = client.chat.completions.stream(QUESTION)
      const texts: string[] = []
      stream.on('content', (text) => texts.push(text))
      const streamed = await stream.finalChatCompletion()
      const whole = await client.chat.completions.create(QUESTION)
      expect(streamed).toMatchObject(MESSAGE)
      expect(whole).toMatchObject(MESSAGE)
      expect(texts.join('')).toBe(TEXT)
      expect(whole.choices[0]?.message).toHaveProperty('reasoning_content', 'Let me see.')
      for (const { id } of [streamed, whole]) {
        const run = await server.ask(`/runs/${id.replace('chatcmpl-', '')}`, { headers: { Authorization: AUTHORIZATION } })
        expect(await run.json()).toMatchObject({ status: 'completed', text: TEXT })
      }
    })

    test('reasoning, as those read it who know `reasoning_content`', async () => {
      sayEverything()
      let reasoning = ''
      for await (const { choices } of await client.chat.completions.create(STREAMED)) {
        reasoning += (choices[0]?.delta as { reasoning_content?: string }).reasoning_content ?? ''
      }
      expect(reasoning).toBe('Let me see.')
    })

    test('tokens as they are said', async () => {
      const seen: string[] = []
      script.say('one')
      for await (const { choices } of await client.chat.completions.create(STREAMED)) {
        const text = choices[0]?.delta.content
        if (typeof text !== 'string') continue
        seen.push(text)
        if (seen.length === 1) script.say('two')
        else script.end()
      }
      expect(seen).toEqual(['one', 'two'])
    })

    test('an answer that was cut for its length', async () => {
      script.say('so far', { type: 'finish', reason: 'length' })
      script.end()
      expect((await client.chat.completions.stream(QUESTION).finalChatCompletion()).choices[0]?.finish_reason).toBe('length')
    })

    test('a failure with a public reason, streamed and whole, which is not paid for again', async () => {
      script.say('so far')
      script.fail(new PublicError('no_model', 'The model is not there.'))
      const told = { code: 'no_model', type: 'server_error', error: { message: 'The model is not there.' } }
      const failures = [
        await refusedWith(client.chat.completions.stream(QUESTION).finalChatCompletion()),
        await refusedWith((async () => { for await (const _chunk of await client.chat.completions.create(STREAMED)); })()),
        await refusedWith(client.chat.completions.create(QUESTION)),
      ]
      for (const failure of failures) {
        expect(failure).toBeInstanceOf(APIError)
        expect(failure).toMatchObject(told)
      }
      expect(failures[2]).toBeInstanceOf(InternalServerError)
      expect(script.starts).toBe(3)
    })

    test('an error that is not public, of which nothing is told', async () => {
      script.fail(new Error(SECRET))
      for (const failure of [await refusedWith(client.chat.completions.stream(QUESTION).finalChatCompletion()), await refusedWith(client.chat.completions.create(QUESTION))]) {
        expect(failure.code).toBe('internal')
        expect(`${JSON.stringify(failure)} ${String(failure)}`).not.toContain('hunter2')
      }
    })

    test('cancel from elsewhere while it streams, and while it waits', async () => {
      script.say('so far')
      const stream = client.chat.completions.stream(QUESTION)
      await new Promise((resolve) => stream.once('content', resolve))
      const whole = refusedWith(client.chat.completions.create(QUESTION))
      await expect.poll(() => script.starts).toBe(2)
      await cancelAll()
      for (const failure of [await refusedWith(stream.finalChatCompletion()), await whole]) expect(failure.code).toBe('cancelled')
      expect(script.starts).toBe(2)
    })

    test('refusals as typed errors', async () => {
      expect(await refusedWith(clientAt(served.url, 'wrong').chat.completions.create(QUESTION))).toBeInstanceOf(AuthenticationError)
      expect(await refusedWith(clientAt(`${served.url}/elsewhere`).chat.completions.create(QUESTION))).toBeInstanceOf(NotFoundError)
      const invalid = await refusedWith(client.chat.completions.create({ model: 'any' } as Question))
      expect(invalid).toBeInstanceOf(UnprocessableEntityError)
      expect(invalid).toMatchObject({ code: 'invalid_input', type: 'invalid_request_error', error: { message: 'Send `messages`.' } })
      expect(await refusedWith(client.chat.completions.create(QUESTION, { headers: { 'Idempotency-Key': 'a b' } }))).toBeInstanceOf(BadRequestError)
      expect(script.starts).toBe(0)
    })

    test('too many streams at once, before anything is paid for', async () => {
      const open = [await client.chat.completions.create(STREAMED), await client.chat.completions.create(STREAMED)]
      expect(await refusedWith(client.chat.completions.create(STREAMED, { maxRetries: 0 }))).toBeInstanceOf(RateLimitError)
      for (const { controller } of open) controller.abort()
      expect(script.starts).toBe(2)
    })

    test('cut at every frame: an error each time, never a short answer', async () => {
      sayEverything()
      const frames = await framesOf(`${served.url}/v1/chat/completions`, STREAMED, AUTHORIZATION)
      await using proxy = await cuttingProxy(served.url)
      // The last two are the frame that finishes, and `[DONE]`.
      for (let count = 0; count < frames.length - 1; count += 1) {
        proxy.cut({ frames: count })
        await expect(clientAt(proxy.url).chat.completions.stream(QUESTION).finalChatCompletion()).rejects.toThrow()
      }
      expect(proxy.asked).toHaveLength(frames.length - 1)
    })

    test('cut, and asked again with the same key: the same run, from its start', async () => {
      script.say('one ', 'two ')
      const keyed = { headers: { 'Idempotency-Key': 'question-1' } }
      await using proxy = await cuttingProxy(served.url)
      proxy.cut({ frames: 2 })
      await expect(clientAt(proxy.url).chat.completions.stream(QUESTION, keyed).finalChatCompletion()).rejects.toThrow()
      script.say('three')
      script.end()
      const again = await clientAt(proxy.url).chat.completions.stream(QUESTION, keyed).finalChatCompletion()
      expect(again.choices[0]?.message.content).toBe('one two three')
      expect(script.starts).toBe(1)
    })

    test('a server that goes away while it is waited for, which is not paid for again', async () => {
      await using proxy = await cuttingProxy(served.url)
      const failure = refusedWith(clientAt(proxy.url).chat.completions.create(QUESTION))
      await expect.poll(() => script.starts).toBe(1)
      await server.app.close()
      expect(await failure).toMatchObject({ status: 503, code: 'closed' })
      expect(proxy.asked).toEqual(['POST /v1/chat/completions'])
    })

    test('any run whatever', async () => {
      await fc.assert(fc.asyncProperty(logs.filter((lines) => !lines.some((line) => line.startsWith('{"type":"attempt"'))), async (lines) => {
        const { status, text, blocks } = snapshotOf(lines)
        const accepted = acceptedByChat(lines)
        if (status !== 'completed') await expect(accepted).rejects.toThrow('missing finish_reason')
        else {
          const message = (await accepted).choices[0]?.message
          expect(message?.content ?? '').toBe(text)
          const calls = message?.tool_calls?.map((call) => (call.type === 'function' ? call.function.arguments : '')) ?? []
          expect(calls).toEqual(blocks.filter(({ kind }) => kind === 'tool_call').map((block) => block.text))
        }
      }))
    })
  })
})

describe('curl', () => {
  test('chat completions: a stream that ends in `[DONE]`, which has no cursor', async () => {
    sayEverything()
    const frames = await framesOf(`${served.url}/v1/chat/completions`, STREAMED, AUTHORIZATION)
    expect(frames.at(-1)).toBe('data: [DONE]')
    expect(frames.slice(0, -1).every((frame) => /^id: \S+\ndata: \{"id":"chatcmpl-/.test(frame))).toBe(true)
  })

  test('chat completions: one document, where no stream was asked for', async () => {
    sayEverything()
    expect(JSON.parse(await curled(`${served.url}/v1/chat/completions`, QUESTION, AUTHORIZATION))).toMatchObject(MESSAGE)
  })
})
