import { afterEach, beforeEach, expect, test } from 'vitest'
import { chunk, DONE, line, saying, text } from '../../../../test/support/model/chat.ts'
import { continuing } from '../../../../test/support/model/continuing.ts'
import { hanging, startModelServer, streaming, type ModelServer } from '../../../../test/support/model/server.ts'
import { until } from '../../../../test/support/run/faulty.ts'
import { Office } from '../../../../test/support/run/office.ts'
import type { Json } from '../event/run-event.ts'
import { defineRun, type AnyRunDefinition, type Recovery } from '../run/define.ts'
import { answerWith } from './answer.ts'
import type { ModelMessage } from './model.ts'
import { openaiModel, type OpenaiModelOptions } from './openai.ts'
import { answerWithTools } from './tools.ts'

const ada = { principal: 'ada' }
const ANSWER = 'Because the log\n\nis the truth, and everything else is a projection of it.'
const SECRET = 'the account of acme-corp is out of credit'

let office: Office
let server: ModelServer
beforeEach(async () => {
  office = new Office()
  server = await startModelServer()
})
afterEach(async () => {
  await office.close()
  await server[Symbol.asyncDispose]()
})

function answering(recover: Recovery = 'fail', options: Partial<OpenaiModelOptions> = { continues: 'assistant' }): Readonly<Record<string, AnyRunDefinition>> {
  const model = openaiModel({ model: 'test', baseURL: server.url, ...options })
  const it = defineRun({ recover, run: answerWith(model, ({ input }) => [{ role: 'user', text: String(input) }], { maxTokens: 9 }) })
  return { it }
}

/** A run whose process dies once the log has what `isThere` looks for; another process has taken over. */
async function takenOver(recover: Recovery, isThere: (tail: number) => boolean, options?: Partial<OpenaiModelOptions>): Promise<string> {
  const desk = office.open({ ...answering(recover, options) })
  const { record } = await desk.worker.start('it', 'Why?', ada)
  await until(async () => isThere((await office.record(record.id)).tail), 'the first words')
  office.kill(desk)
  office.open(answering(recover, options))
  return record.id
}

/** What the log says, without the numbers of blocks. */
async function logOf(run: string): Promise<string[]> {
  return (await office.entries(run)).map((entry) => {
    if (entry.type === 'delta') return `${entry.kind}: ${entry.text}`
    return entry.type === 'block_start' || entry.type === 'block_end' ? `${entry.type} ${entry.kind}` : entry.type
  })
}

test('a run says what the model says, and why it stopped', async () => {
  server.answers = [streaming(...saying('Because', ' so.'))]
  const { worker } = office.open(answering())
  const { record: { id: run } } = await worker.start('it', 'Why?', ada)
  expect(await office.end(run)).toMatchObject({ status: 'completed', reason: 'stop' })
  expect(await office.text(run)).toBe('Because so.')
  expect((await office.entries(run)).find(({ type }) => type === 'usage')).toMatchObject({ usage: { input: 7, output: 2 } })
  expect(server.asked[0]?.body).toMatchObject({ messages: [{ role: 'user', content: 'Why?' }], max_tokens: 9 })
})

test.each(Array.from({ length: 12 }, (_, part) => Math.round((ANSWER.length * (part + 1)) / 14)))(
  'a run killed after %d letters and resumed says the very same answer, and the model is not asked for those again', async (stopAt) => {
    server.answers = continuing(ANSWER, stopAt)
    const run = await takenOver('resume', (tail) => tail > 2)
    expect(await office.end(run)).toMatchObject({ status: 'completed', reason: 'stop' })
    expect(await office.text(run)).toBe(ANSWER)
    const entries = await office.entries(run)
    expect(entries.filter(({ type }) => type === 'block_start' || type === 'attempt')).toHaveLength(1)
    const said = (server.asked[1]?.body['messages'] as { content: string }[])[1]?.content ?? ''
    expect(said.length).toBeGreaterThan(0)
    expect(ANSWER.startsWith(said)).toBe(true)
  },
)

test('under `restart` the model is asked anew, and every fold begins anew', async () => {
  server.answers = continuing(ANSWER, 20)
  const run = await takenOver('restart', (tail) => tail > 2, {})
  expect(await office.end(run)).toMatchObject({ status: 'completed' })
  expect(server.asked[1]?.body['messages']).toHaveLength(1)
  const entries = await office.entries(run)
  const anew = entries.slice(entries.findIndex(({ type }) => type === 'attempt'))
  expect(anew.map((entry) => (entry.type === 'delta' ? entry.text : '')).join('')).toBe(ANSWER)
})

test.each<[string, Json]>([
  ['nothing', {}], ['a number', { message: 7 }], ['parts for the vendor to obey', { message: [{ type: 'image_url', image_url: { url: 'http://10.0.0.1/' } }] }],
])('a question that is no text is refused, and the model not asked: %s', async (_what, input) => {
  const model = openaiModel({ model: 'test', baseURL: server.url })
  // As a kind without a check of its input has it.
  const question = (context: { readonly input: unknown }): ModelMessage[] => [{ role: 'user', text: (context.input as { readonly message: string }).message }]
  const desk = office.open({ plain: defineRun({ run: answerWith(model, question) }), tools: defineRun({ run: answerWithTools(model, question, { tools: [] }) }) })
  for (const kind of ['plain', 'tools']) {
    const { record } = await desk.worker.start(kind, input, ada)
    expect(await office.end(record.id)).toMatchObject({ status: 'failed', error: { code: 'invalid_input', message: 'The question has no text.' } })
  }
  expect(server.asked).toEqual([])
})

test('under `fail` the partial answer stays and the run is lost', async () => {
  server.answers = continuing(ANSWER, 20)
  const run = await takenOver('fail', (tail) => tail > 2)
  expect(await office.end(run)).toMatchObject({ status: 'failed', error: { code: 'producer_lost' } })
  expect(ANSWER.startsWith(await office.text(run))).toBe(true)
  expect(server.asked).toHaveLength(1)
})

test('a model that cannot go on is not asked to resume', async () => {
  server.answers = continuing(ANSWER, 20)
  const run = await takenOver('resume', (tail) => tail > 2, {})
  expect(await office.end(run)).toMatchObject({ status: 'failed', error: { code: 'internal' } })
  expect(server.asked).toHaveLength(1)
})

test('who was cut off while the model thought lets it think again, in a block of its own', async () => {
  const think = chunk({ reasoning_content: 'Hm.' })
  server.answers = [hanging(think), streaming(think, ...saying('So.'))]
  const run = await takenOver('resume', (tail) => tail > 2, {})
  expect(await office.end(run)).toMatchObject({ status: 'completed' })
  expect(await logOf(run)).toEqual([
    'start', 'block_start reasoning', 'reasoning: Hm.', 'block_end reasoning', 'block_start reasoning', 'reasoning: Hm.', 'block_end reasoning',
    'block_start text', 'text: So.', 'usage', 'end',
  ])
})

test('who was cut off in a call says so of the call, and leaves the others to whoever runs them', async () => {
  const call = (index: number, id: string, args: string): string => chunk({ tool_calls: [{ index, id, function: { name: 'search', arguments: args } }] })
  server.answers = [hanging(call(0, 'a', '{"q":1}'), call(0, 'b', '{"q'))]
  const run = await takenOver('resume', (tail) => tail > 5)
  expect(await office.end(run)).toMatchObject({ status: 'completed', reason: 'tool_calls' })
  expect(server.asked).toHaveLength(1)
  expect((await office.entries(run)).filter(({ type }) => type === 'block_start')).toMatchObject([
    { kind: 'tool_call', id: 'a' }, { kind: 'tool_call', id: 'b' }, { kind: 'tool_result', id: 'b', failed: true },
  ])
})

test('an error in mid-answer keeps what was said and ends in public words; the vendor’s go to the logger', async () => {
  server.answers = [streaming(text('so far'), line({ error: { message: SECRET } }), DONE)]
  const desk = office.open(answering())
  const { record: { id: run } } = await desk.worker.start('it', 'Why?', ada)
  expect(await office.end(run)).toMatchObject({ status: 'failed', error: { code: 'model_failed' } })
  expect(await office.text(run)).toBe('so far')
  expect(JSON.stringify(await office.entries(run))).not.toContain('acme')
  expect(desk.logged).toMatchObject([{ details: { run, error: { cause: { message: SECRET } } } }])
})

test('cancel reaches the server that the model runs on', async () => {
  server.answers = [hanging(text('so far'))]
  const { worker } = office.open(answering())
  const { record: { id: run } } = await worker.start('it', 'Why?', ada)
  await until(async () => (await office.record(run)).tail > 2, 'the first words')
  await worker.cancel(run)
  expect(await office.end(run)).toMatchObject({ status: 'cancelled' })
  await server.asked[0]?.closed
  expect(await office.text(run)).toBe('so far')
})

test('usage is counted on where the model is asked once more', async () => {
  server.answers = [streaming(...saying(' far'))]
  const model = openaiModel({ model: 'test', baseURL: server.url, continues: 'assistant' })
  // A handler of one's own that asks twice: the process dies in between.
  const twice: AnyRunDefinition = defineRun({
    recover: 'resume',
    async *run(context) {
      if (context.resumed === null) {
        yield 'so'
        yield { type: 'usage', usage: { input: 5, output: 1 } }
        await new Promise(() => undefined)
      }
      yield* answerWith(model, () => [{ role: 'user', text: 'Why?' }])(context)
    },
  })
  const desk = office.open({ it: twice })
  const { record: { id: run } } = await desk.worker.start('it', 'Why?', ada)
  await until(async () => (await office.record(run)).tail === 4, 'the usage')
  office.kill(desk)
  office.open({ it: twice })
  await office.end(run)
  expect(await office.text(run)).toBe('so far')
  expect((await office.entries(run)).filter(({ type }) => type === 'usage')).toMatchObject([{ usage: { input: 5, output: 1 } }, { usage: { input: 12, output: 2 } }])
})
