import { afterEach, beforeEach, expect, test } from 'vitest'
import { chunk, DONE, finish, saying, text, usage } from '../../../../test/support/model/chat.ts'
import { hanging, startModelServer, streaming, type ModelServer } from '../../../../test/support/model/server.ts'
import { until } from '../../../../test/support/run/faulty.ts'
import { Office } from '../../../../test/support/run/office.ts'
import { PublicError } from '../event/error.ts'
import { defineRun, type AnyRunDefinition } from '../run/define.ts'
import { openaiModel } from './openai.ts'
import { answerWithTools, type RunnableTool } from './tools.ts'

const ada = { principal: 'ada' }

let office: Office
let server: ModelServer
/** The calls of tools that ran, in their order. */
let ran: string[]
beforeEach(async () => {
  office = new Office()
  server = await startModelServer()
  ran = []
})
afterEach(async () => {
  await office.close()
  await server[Symbol.asyncDispose]()
})

const search: RunnableTool = {
  name: 'search', description: 'Finds.', input: { type: 'object' },
  run(input, { call }) {
    ran.push(call)
    return Promise.resolve({ found: input })
  },
}

function answering(tools: readonly RunnableTool[] = [search], rounds?: number): Readonly<Record<string, AnyRunDefinition>> {
  const model = openaiModel({ model: 'test', baseURL: server.url, continues: 'assistant' })
  const run = answerWithTools(model, ({ input }) => [{ role: 'user', text: String(input) }], { tools, ...(rounds === undefined ? {} : { rounds }) })
  return { it: defineRun({ recover: 'resume', run }) }
}

const call = (index: number, id: string, args: string, name = 'search'): string =>
  chunk({ tool_calls: [{ index, id, type: 'function', function: { name, arguments: args } }] })
const calling = (...calls: readonly string[]): string[] => [...calls, finish('tool_calls'), usage(5, 2), DONE]

async function start(runs = answering()): Promise<string> {
  return (await office.open(runs).worker.start('it', 'Why?', ada)).record.id
}

/** Each block as `kind text`. */
async function blocksOf(run: string): Promise<string[]> {
  const blocks: string[] = []
  for (const entry of await office.entries(run)) {
    if (entry.type === 'block_start') blocks.push(`${entry.kind}${entry.failed === true ? ' failed' : ''} `)
    if (entry.type === 'delta') blocks.push(`${blocks.pop() ?? ''}${entry.text}`)
  }
  return blocks
}

/** What the model was told, the n-th time. */
function told(nth: number): unknown {
  return server.asked[nth]?.body['messages']
}

const USER = { role: 'user', content: 'Why?' }
const asks = (content: string, ...calls: readonly (readonly [id: string, args: string])[]): object =>
  ({ role: 'assistant', content, tool_calls: calls.map(([id, args]) => ({ id, type: 'function', function: { name: 'search', arguments: args } })) })

test('the model’s tools are run, and it is asked again with what they returned', async () => {
  server.answers = [streaming(text('Hm.'), ...calling(call(0, 'a', '{"q":1}'), call(1, 'b', '{"q":2}'))), streaming(...calling(call(0, 'c', ''))), streaming(...saying('So', '.'))]
  const run = await start()
  expect(await office.end(run)).toMatchObject({ status: 'completed', reason: 'stop' })
  expect(await blocksOf(run)).toEqual([
    'text Hm.', 'tool_call {"q":1}', 'tool_call {"q":2}', 'tool_result {"found":{"q":1}}', 'tool_result {"found":{"q":2}}',
    'tool_call {}', 'tool_result {"found":{}}', 'text So.',
  ])
  expect(ran).toEqual(['a', 'b', 'c'])
  expect(told(2)).toEqual([
    USER, asks('Hm.', ['a', '{"q":1}'], ['b', '{"q":2}']), { role: 'tool', tool_call_id: 'a', content: '{"found":{"q":1}}' },
    { role: 'tool', tool_call_id: 'b', content: '{"found":{"q":2}}' }, asks('', ['c', '{}']), { role: 'tool', tool_call_id: 'c', content: '{"found":{}}' },
  ])
  expect((await office.entries(run)).filter(({ type }) => type === 'usage').at(-1)).toMatchObject({ usage: { input: 17, output: 6 } })
  expect(JSON.stringify(server.asked[0]?.body['tools'])).not.toContain('run')
})

test('a tool that refuses, one that is not there and an input that is no JSON are told the model', async () => {
  const strict: RunnableTool = { ...search, name: 'strict', run: () => Promise.reject(new PublicError('no', 'Not today.', { cause: 'a secret' })) }
  server.answers = [streaming(...calling(call(0, 'a', '{}', 'strict'), call(1, 'b', '{}', 'other'), call(2, 'c', '{"q'))), streaming(...saying('Well.'))]
  const run = await start(answering([search, strict]))
  await office.end(run)
  expect((await blocksOf(run)).slice(3)).toEqual(['tool_result failed Not today.', 'tool_result failed There is no such tool.', 'tool_result failed The input is no JSON.', 'text Well.'])
  expect(ran).toEqual([])
  expect(JSON.stringify(told(1))).not.toContain('secret')
})

test('any other error of a tool ends the run, and its text stays here', async () => {
  server.answers = [streaming(...calling(call(0, 'a', '{}')))]
  const run = await start(answering([{ ...search, run: () => Promise.reject(new Error('a secret')) }]))
  expect(await office.end(run)).toMatchObject({ status: 'failed', error: { code: 'internal' } })
  expect(JSON.stringify(await office.entries(run))).not.toContain('secret')
})

test('a model that calls and calls is stopped', async () => {
  server.answers = [(asked) => streaming(...calling(call(0, `call ${String(server.asked.length)}`, '{}')))(asked)]
  const run = await start(answering([search], 3))
  expect(await office.end(run)).toMatchObject({ status: 'failed', error: { code: 'model_limit' } })
  expect(ran).toHaveLength(3)
  expect(server.asked).toHaveLength(4)
})

test('cancel reaches the tool that is running', async () => {
  server.answers = [streaming(...calling(call(0, 'a', '{}')))]
  let stopped = false
  const slow: RunnableTool = {
    ...search,
    run: (_, { signal }) => new Promise((_resolve, reject) => {
      ran.push('slow')
      signal.addEventListener('abort', () => {
        stopped = true
        reject(new Error('stopped'))
      })
    }),
  }
  const desk = office.open(answering([slow]))
  const { record: { id: run } } = await desk.worker.start('it', 'Why?', ada)
  await until(() => ran.length === 1, 'the tool')
  await desk.worker.cancel(run)
  expect(await office.end(run)).toMatchObject({ status: 'cancelled' })
  expect(stopped).toBe(true)
})

/** Kills the run's process once `isTime`, and lets another take over. */
async function takenOver(isTime: (tail: number) => boolean, first = answering()): Promise<string> {
  const desk = office.open(first)
  const { record: { id: run } } = await desk.worker.start('it', 'Why?', ada)
  await until(async () => isTime((await office.record(run)).tail), 'the moment')
  office.kill(desk)
  office.open(answering())
  await office.end(run)
  return run
}

test('a successor runs no tool whose result is in the log', async () => {
  server.answers = [streaming(...calling(call(0, 'a', '{"q":1}'), call(1, 'b', '{"q":2}'))), hanging(), streaming(...saying('So.'))]
  const run = await takenOver(() => server.asked.length === 2)
  expect(ran).toEqual(['a', 'b'])
  expect(told(2)).toEqual(told(1))
  expect(await blocksOf(run)).toEqual(['tool_call {"q":1}', 'tool_call {"q":2}', 'tool_result {"found":{"q":1}}', 'tool_result {"found":{"q":2}}', 'text So.'])
})

test('the tool that was running runs again, under the same call, and none before it does', async () => {
  const stuck: RunnableTool = { ...search, run: (input, context) => (context.call === 'b' ? (ran.push('b'), new Promise(() => undefined)) : search.run(input, context)) }
  server.answers = [streaming(...calling(call(0, 'a', '{}'), call(1, 'b', '{}'))), streaming(...saying('So.'))]
  const run = await takenOver((tail) => ran.includes('b') && tail >= 10, answering([stuck]))
  expect(ran).toEqual(['a', 'b', 'b'])
  expect(await blocksOf(run)).toEqual(['tool_call {}', 'tool_call {}', 'tool_result {"found":{}}', 'tool_result {"found":{}}', 'text So.'])
})

test('an answer that was under way is gone on with, after the tools of before', async () => {
  server.answers = [streaming(text('Hm.'), ...calling(call(0, 'a', '{}'))), hanging(text('Be')), streaming(...saying('cause.'))]
  const run = await takenOver((tail) => tail > 11)
  expect(await blocksOf(run)).toEqual(['text Hm.', 'tool_call {}', 'tool_result {"found":{}}', 'text Because.'])
  expect(told(2)).toEqual([USER, asks('Hm.', ['a', '{}']), { role: 'tool', tool_call_id: 'a', content: '{"found":{}}' }, { role: 'assistant', content: 'Be' }])
})

test('a call that was cut off is told the model as one that failed', async () => {
  server.answers = [hanging(call(0, 'a', '{"q')), streaming(...saying('So.'))]
  const run = await takenOver((tail) => tail > 2)
  expect(ran).toEqual([])
  expect(await blocksOf(run)).toEqual(['tool_call {"q', 'tool_result failed The input is no JSON.', 'text So.'])
  expect(told(1)).toEqual([USER, asks('', ['a', '{}']), { role: 'tool', tool_call_id: 'a', content: 'The input is no JSON.' }])
})
