import OpenAI, { type APIError, AuthenticationError, ConflictError, InternalServerError, NotFoundError } from 'openai'
import type { Response as Answer, ResponseStreamEvent } from 'openai/resources/responses/responses'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { openaiResponses, PublicError, type Json } from '../../packages/millrace/src/index.ts'
import { serve, type Served } from '../../packages/millrace/src/runtime/index.ts'
import { testApp, type TestApp } from '../support/app.ts'
import { clientOf } from '../support/client-version.ts'
import { cuttingProxy } from '../support/cutting-proxy.ts'
import { acceptedByResponses, framesOf, snapshotOf } from '../support/openai-reader.ts'
import { Log } from '../support/log.ts'
import { logs } from '../support/run/logs.ts'
import { Script } from '../support/script.ts'

const QUESTION = { model: 'any', input: 'Why?' } as const
const STREAMED = { ...QUESTION, stream: true } as const
const TEXT = 'Because 🌍\u2028\r\n\0.'
const SECRET = 'postgres://user:hunter2@db/prod'

let script: Script
let server: TestApp
let served: Served
let client: OpenAI

beforeEach(async () => {
  script = new Script()
  server = testApp({
    runs: { answer: script.kind }, routes: { '/v1/responses': { kind: 'answer', dialect: openaiResponses, input: inputOf } },
    authenticate: (request) => /^Bearer (ada|eve)$/.exec(request.headers.get('Authorization') ?? '')?.[1] ?? null,
  })
  served = await serve(server.app, { port: 0 })
  client = clientAs('ada')
})

afterEach(async () => {
  await server.app.close()
  await served.close()
})

/** What is asked, whichever way the answer is to come. */
function inputOf(body: Json): Json {
  return (body as { readonly input: string }).input
}

function clientAs(apiKey: string, url = served.url): OpenAI {
  return new OpenAI({ apiKey, baseURL: `${url}/v1` })
}

function sayEverything(): void {
  script.say({ type: 'status', status: 'thinking' }, { type: 'delta', kind: 'reasoning', text: 'Let me ' }, { type: 'delta', kind: 'reasoning', text: 'see.' })
  script.say('Be', 'cause', TEXT.slice(7), { type: 'source', title: 'A doc', url: '/a' }, { type: 'progress', item: 'x', status: 'completed' })
  script.say({ type: 'block_start', kind: 'tool_call', id: 'call_1', name: 'search' }, { type: 'delta', text: '{"q":"w' }, { type: 'delta', text: 'hy"}' })
  script.say({ type: 'block_start', kind: 'tool_result', id: 'call_1' }, { type: 'delta', text: 'found' })
  script.say({ type: 'usage', usage: { input: 7, output: 9 } }, { type: 'mine', anything: [1] })
  script.end({ ok: true })
}

const RESPONSE = {
  object: 'response', status: 'completed', model: 'millrace/answer', error: null, output_text: TEXT,
  usage: { input_tokens: 7, output_tokens: 9, total_tokens: 16 },
  output: [
    { type: 'reasoning', summary: [{ type: 'summary_text', text: 'Let me see.' }] },
    { type: 'message', role: 'assistant', content: [{ type: 'output_text', text: TEXT, annotations: [{ type: 'url_citation', title: 'A doc', url: '/a' }] }] },
    { type: 'function_call', call_id: 'call_1', name: 'search', arguments: '{"q":"why"}', status: 'completed' },
    { type: 'function_call_output', call_id: 'call_1', output: 'found' },
  ],
}

function refusedWith(asked: Promise<unknown>): Promise<APIError> {
  return asked.then(() => expect.unreachable('it was not refused'), (error: unknown) => error as APIError)
}

async function eventsOf(stream: AsyncIterable<ResponseStreamEvent>): Promise<ResponseStreamEvent[]> {
  const events: ResponseStreamEvent[] = []
  for await (const event of stream) events.push(event)
  return events
}

/** As far as a stream came: that it broke off is why it is resumed. */
async function eventsUntilCut(stream: AsyncIterable<ResponseStreamEvent>): Promise<ResponseStreamEvent[]> {
  const events: ResponseStreamEvent[] = []
  await expect((async () => { for await (const event of stream) events.push(event) })()).rejects.toThrow()
  return events
}

function textOf(events: readonly ResponseStreamEvent[]): string {
  return events.map((event) => (event.type === 'response.output_text.delta' ? event.delta : '')).join('')
}

function answerIn(events: readonly ResponseStreamEvent[]): Answer | undefined {
  const last = events.at(-1)
  return last && 'response' in last ? last.response : undefined
}

describe(clientOf('openai'), () => {
  describe('responses', () => {
    test('text, reasoning, tools, sources and usage, streamed and whole', async () => {
      sayEverything()
      const stream = client.responses.stream(QUESTION)
      const texts: string[] = []
      stream.on('response.output_text.delta', ({ delta }) => texts.push(delta))
      const streamed = await stream.finalResponse()
      const whole = await client.responses.create(QUESTION)
      expect(streamed).toMatchObject(RESPONSE)
      expect(whole).toMatchObject(RESPONSE)
      expect(texts.join('')).toBe(TEXT)
      for (const { id } of [streamed, whole]) expect(await client.responses.retrieve(id)).toMatchObject({ ...RESPONSE, id })
    })

    test('tokens as they are said', async () => {
      const seen: string[] = []
      script.say('one')
      for await (const event of await client.responses.create(STREAMED)) {
        if (event.type !== 'response.output_text.delta') continue
        seen.push(event.delta)
        if (seen.length === 1) script.say('two')
        else script.end()
      }
      expect(seen).toEqual(['one', 'two'])
    })

    test('cut at every frame, and resumed by `starting_after`', async () => {
      sayEverything()
      const whole = await eventsOf(await client.responses.create(STREAMED))
      await using proxy = await cuttingProxy(served.url)
      const cut = clientAs('ada', proxy.url)
      // Without its first event a client knows no id: it asks again, with a key.
      for (let count = 1; count <= whole.length; count += 1) {
        proxy.cut({ frames: count })
        const before = await eventsUntilCut(await cut.responses.create(STREAMED))
        const id = (before[0] as { response: Answer }).response.id
        const after = await eventsOf(await cut.responses.retrieve(id, { stream: true, starting_after: before.at(-1)!.sequence_number }))
        const events = [...before, ...after]
        // Once sealed, pieces of text come joined.
        expect(events.length).toBeLessThanOrEqual(whole.length)
        expect(textOf(events)).toBe(TEXT)
        const { output_text: _text, ...response } = RESPONSE
        expect(answerIn(events)).toMatchObject({ ...response, id })
      }
    })

    test('resumed by the client’s own `stream()` from every sequence number', async () => {
      sayEverything()
      const events = await eventsOf(await client.responses.create(STREAMED))
      const id = answerIn(events)!.id
      for (const { sequence_number: number } of events) {
        const stream = client.responses.stream({ response_id: id, starting_after: number })
        const given = await eventsOf(stream)
        expect(given.every((event) => event.sequence_number > number)).toBe(true)
        expect(await stream.finalResponse()).toMatchObject({ ...RESPONSE, id })
      }
    })

    test('resumed while it runs', async () => {
      script.say('one ', 'two ')
      await using proxy = await cuttingProxy(served.url)
      proxy.cut({ frames: 5 })
      const before = await eventsUntilCut(await clientAs('ada', proxy.url).responses.create(STREAMED))
      const id = (before[0] as { response: Answer }).response.id
      const resumed = await client.responses.retrieve(id, { stream: true, starting_after: before.at(-1)!.sequence_number })
      script.say('three')
      script.end()
      const events = [...before, ...(await eventsOf(resumed))]
      expect(textOf(events)).toBe('one two three')
      expect(answerIn(events)).toMatchObject({ status: 'completed' })
      expect(script.starts).toBe(1)
    })

    test('a run that began anew: told to who was there, read from its newest attempt by who comes', async () => {
      const log = await Log.begin(server.store)
      await log.say('old')
      const id = `resp_${log.run}`
      const there = client.responses.stream({ response_id: id })
      await new Promise((resolve) => there.once('response.output_text.delta', resolve))
      await log.takeOver()
      await log.beginAnew(2)
      await log.say('new')
      await log.end()
      await expect(there.finalResponse()).rejects.toMatchObject({ code: 'attempt' })
      expect((await client.responses.stream({ response_id: id }).finalResponse()).output_text).toBe('new')
      expect((await client.responses.retrieve(id)).output_text).toBe('new')
    })

    test('resumed behind the end: nothing, and no error', async () => {
      sayEverything()
      const events = await eventsOf(await client.responses.create(STREAMED))
      const last = events.at(-1)!
      expect(await eventsOf(await client.responses.retrieve(answerIn(events)!.id, { stream: true, starting_after: last.sequence_number }))).toEqual([])
    })

    test('in the background: asked for as it runs, then cancelled from elsewhere', async () => {
      const started = await client.responses.create({ ...QUESTION, background: true })
      expect(['queued', 'in_progress']).toContain(started.status)
      script.say('so far')
      await expect.poll(async () => (await client.responses.retrieve(started.id)).output_text).toBe('so far')
      const stream = client.responses.stream({ response_id: started.id })
      await new Promise((resolve) => stream.once('response.output_text.delta', resolve))
      const failed = new Promise((resolve) => stream.once('response.failed', resolve))
      expect(await client.responses.cancel(started.id)).toMatchObject({ id: started.id, status: 'cancelled' })
      expect(await failed).toMatchObject({ response: { status: 'cancelled', error: { code: 'cancelled' } } })
      expect(await stream.finalResponse()).toMatchObject({ status: 'cancelled', output_text: 'so far' })
      expect(await client.responses.retrieve(started.id)).toMatchObject({ status: 'cancelled', output_text: 'so far' })
    })

    test('an answer that was cut for its length', async () => {
      script.say('so far', { type: 'finish', reason: 'length' })
      script.end()
      const cut = { status: 'incomplete', incomplete_details: { reason: 'max_output_tokens' }, output_text: 'so far' }
      expect(await client.responses.stream(QUESTION).finalResponse()).toMatchObject(cut)
      expect(await client.responses.create(QUESTION)).toMatchObject(cut)
    })

    test('a failure with a public reason, streamed and whole, which is not paid for again', async () => {
      script.say('so far')
      script.fail(new PublicError('no_model', 'The model is not there.'))
      const error = { code: 'no_model', message: 'The model is not there.' }
      const streamed = await client.responses.stream(QUESTION).finalResponse()
      expect(streamed).toMatchObject({ status: 'failed', error, output_text: 'so far' })
      expect(await client.responses.retrieve(streamed.id)).toMatchObject({ status: 'failed', error, output_text: 'so far' })
      const whole = await refusedWith(client.responses.create(QUESTION))
      expect(whole).toBeInstanceOf(InternalServerError)
      expect(whole).toMatchObject({ code: 'no_model', error: { message: error.message } })
      expect(script.starts).toBe(2)
    })

    test('an error that is not public, of which nothing is told', async () => {
      script.fail(new Error(SECRET))
      const streamed = await client.responses.stream(QUESTION).finalResponse()
      expect(streamed.error?.code).toBe('internal')
      expect(JSON.stringify([streamed, await client.responses.retrieve(streamed.id)])).not.toContain('hunter2')
    })

    test('cut for good: an error, not a short answer', async () => {
      script.say('so far')
      const stream = client.responses.stream(QUESTION)
      stream.once('response.output_text.delta', () => void server.app.close())
      await expect(stream.finalResponse()).rejects.toThrow()
    })

    test('asked again with the same key: the same response', async () => {
      sayEverything()
      const keyed = { headers: { 'Idempotency-Key': 'question-1' } }
      const [one, other] = [await client.responses.create(QUESTION, keyed), await client.responses.stream(QUESTION, keyed).finalResponse()]
      expect(other.id).toBe(one.id)
      expect(script.starts).toBe(1)
    })

    test('deleted, and then gone', async () => {
      sayEverything()
      const { id } = await client.responses.create(QUESTION)
      await client.responses.delete(id)
      expect(await refusedWith(client.responses.retrieve(id))).toMatchObject({ status: 410, code: 'gone' })
    })

    test('refusals as typed errors', async () => {
      sayEverything()
      const { id } = await client.responses.create(QUESTION)
      expect(await refusedWith(clientAs('nobody').responses.retrieve(id))).toBeInstanceOf(AuthenticationError)
      expect(await refusedWith(clientAs('eve').responses.retrieve(id))).toBeInstanceOf(NotFoundError)
      expect(await refusedWith(clientAs('eve').responses.cancel(id))).toBeInstanceOf(NotFoundError)
      expect(await refusedWith(client.responses.retrieve('resp_unknown', { stream: true }))).toMatchObject({ status: 404, code: 'not_found', type: 'invalid_request_error' })
      expect(await refusedWith(client.responses.retrieve(id, { stream: true, starting_after: 1_000_000 }))).toBeInstanceOf(ConflictError)
    })

    test('any run whatever', async () => {
      await fc.assert(fc.asyncProperty(logs.filter((lines) => !lines.some((line) => line.startsWith('{"type":"attempt"'))), async (lines) => {
        const { status, text } = snapshotOf(lines)
        expect(await acceptedByResponses(lines)).toMatchObject({ status: status === 'running' ? 'in_progress' : status, output_text: text })
      }))
    })
  })
})

describe('curl', () => {
  test('responses: events with names and numbers, each with a cursor', async () => {
    sayEverything()
    const frames = await framesOf(`${served.url}/v1/responses`, STREAMED, 'Bearer ada')
    expect(frames.every((frame) => /^id: \S+\nevent: (\S+)\ndata: \{"type":"\1","sequence_number":\d+,/.test(frame))).toBe(true)
    expect(frames.at(-1)).toContain('event: response.completed\n')
  })
})
