import fc from 'fast-check'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { continuing } from '../../../../test/support/model/continuing.ts'
import { saying } from '../../../../test/support/model/chat.ts'
import { startModelServer, streaming } from '../../../../test/support/model/server.ts'
import { turns, until } from '../../../../test/support/run/faulty.ts'
import { kills, openDoomed } from '../../../../test/support/run/kills.ts'
import { Office } from '../../../../test/support/run/office.ts'
import { PublicError } from '../event/error.ts'
import { answerWith } from '../model/answer.ts'
import { openaiModel } from '../model/openai.ts'
import { randomRunId } from '../run/ids.ts'
import type { AnyRunDefinition } from '../run/define.ts'
import type { Worker } from '../run/worker.ts'
import { defineTurn, type TurnContext } from './define-turn.ts'
import type { HistoryLimits } from './history.ts'
import { toMessages } from './messages.ts'
import type { TurnInput } from './turn-input.ts'

let office: Office
let group: string
beforeEach(() => {
  office = new Office()
  group = randomRunId()
})
afterEach(() => office.close())

const FIRST = 'The log is the truth. '
const ANSWER = `${FIRST}Everything else is a projection of it.`

/** A kind that notes what its handlers are told. */
function noting(history: HistoryLimits = {}): { readonly kind: AnyRunDefinition; readonly told: TurnContext[] } {
  const told: TurnContext[] = []
  const kind = defineTurn({
    history,
    async *run(context) {
      told.push(context)
      yield await Promise.resolve(`On ${context.query}.`)
      if (context.query === 'bad') throw new PublicError('bad', 'It went badly.')
    },
  })
  return { kind, told }
}

async function asked(worker: Worker, input: Partial<TurnInput>): Promise<string> {
  const { record } = await worker.start('turn', { query: 'one', parent: null, ...input }, { principal: 'ada', group })
  await office.end(record.id)
  return record.id
}

test('a handler is told what led to its question, the oldest first, and nothing of other branches', async () => {
  const { kind, told } = noting()
  const { worker } = office.open({ turn: kind })
  const one = await asked(worker, { query: 'one' })
  const two = await asked(worker, { query: 'two', parent: one })
  await asked(worker, { query: 'otherwise', parent: one, supersedes: two })
  const bad = await asked(worker, { query: 'bad', parent: two })
  await asked(worker, { query: 'four', parent: bad })
  expect(told.at(-1)).toMatchObject({ query: 'four', prefix: '' })
  expect(told.at(-1)?.history).toEqual([
    { query: 'one', content: 'On one.', status: 'completed' },
    { query: 'two', content: 'On two.', status: 'completed' },
    { query: 'bad', content: 'On bad.', status: 'failed' },
  ])
  expect(toMessages({ query: 'four', history: [{ query: 'lost', content: '', status: 'failed' }, ...told.at(-1)!.history.slice(0, 1)] })).toEqual([
    { role: 'user', text: 'one' }, { role: 'assistant', text: 'On one.' }, { role: 'user', text: 'four' },
  ])
})

test.each([[{ turns: 2 }, ['b', 'c']], [{ turns: 0 }, []], [{ characters: 12 }, ['b', 'c']], [{ characters: 11 }, ['c']], [{}, ['a', 'b', 'c']]])('history within %o is %o', async (limits, queries) => {
  const { kind, told } = noting(limits)
  const { worker } = office.open({ turn: kind })
  let parent: string | null = null
  for (const query of ['a', 'b', 'c', 'd']) parent = await asked(worker, { query, parent })
  expect(told.at(-1)?.history.map(({ query }) => query)).toEqual(queries)
})

test('what has expired, and what is no turn of this conversation, leads no further', async () => {
  const { kind, told } = noting()
  const { worker } = office.open({ turn: kind })
  const one = await asked(worker, { query: 'one' })
  const two = await asked(worker, { query: 'two', parent: one })
  await office.real.delete(one)
  const three = await asked(worker, { query: 'three', parent: two })
  expect(told.at(-1)?.history.map(({ query }) => query)).toEqual(['two'])
  group = randomRunId()
  await asked(worker, { query: 'elsewhere', parent: three })
  expect(told.at(-1)?.history).toEqual([])
})

test('a turn that waits for another one begins when that has its end', async () => {
  const { kind, told } = noting()
  let end = (): void => undefined
  const gate = new Promise<void>((resolve) => (end = resolve))
  const { worker } = office.open({ turn: kind, slow: defineTurn({ async *run() { yield 'so far'; await gate } }) })
  const { record: slow } = await worker.start('slow', { query: 'slow' }, { principal: 'ada', group })
  const { record } = await worker.start('turn', { query: 'next', parent: slow.id, after: slow.id }, { principal: 'ada', group })
  await turns(5)
  expect(told).toEqual([])
  end()
  await office.end(record.id)
  expect(told[0]?.history).toEqual([{ query: 'slow', content: 'so far', status: 'completed' }])
})

test.each([{ query: '' }, { query: ' \n' }, { query: 7 }, { query: 'x'.repeat(32_001) }, { query: 'x', parent: 'one' }, { query: 'x', continues: 1 }, { query: 'x', model: '' }])('what is no question is refused: %o', async (input) => {
  const { worker } = office.open({ turn: noting().kind })
  await expect(worker.start('turn', input as never, { principal: 'ada', group })).rejects.toMatchObject({ code: 'invalid_input' })
})

/** Says `ANSWER`, whoever said the first of it; the first time it fails after `FIRST`. */
const failing = defineTurn({
  recover: 'resume',
  attempts: 50,
  async *run({ prefix, input }) {
    if (input.continues === undefined) {
      yield { type: 'source', title: 'A' }
      yield { type: 'source', title: 'B' }
      yield FIRST
      throw new PublicError('cut', 'Cut.')
    }
    for (const word of ANSWER.slice(prefix.length).match(/\S+\s*/g) ?? []) {
      await turns(1)
      yield word
    }
  },
})

test('an answer that was cut is said again, with its sources, and gone on with: once, at whatever points its producers are killed', async () => {
  await fc.assert(fc.asyncProperty(kills(6), async (fates) => {
    const runs = { turn: failing }
    const first = office.open(runs)
    const cut = await asked(first.worker, { query: 'one' })
    office.kill(first)
    let run = ''
    for (const fate of fates) {
      const desk = openDoomed(office, runs, fate)
      if (run === '') run = (await desk.worker.start('turn', { query: 'one', parent: null, continues: cut }, { principal: 'ada', group })).record.id
      await until(async () => desk.isDead() || (await office.record(run)).endedAt !== null, 'the kill')
    }
    const last = office.open(runs)
    expect((await office.end(run)).status).toBe('completed')
    expect(await office.text(run)).toBe(ANSWER)
    expect((await office.entries(run)).flatMap((entry) => (entry.type === 'source' ? [entry.title] : []))).toEqual(['A', 'B'])
    office.kill(last)
    await last.worker.close()
  }), { numRuns: 8 })
}, 60_000)

test('a model is asked with what was said before, and goes on with what was cut', async () => {
  await using server = await startModelServer()
  const model = openaiModel({ model: 'test', baseURL: server.url, continues: 'assistant' })
  const { worker } = office.open({ turn: defineTurn({ recover: 'resume', run: answerWith(model, toMessages) }) })
  server.answers = [streaming(...saying('Hello', ' Ada.')), ...continuing(ANSWER, FIRST.length)]
  const one = await asked(worker, { query: 'I am Ada.' })
  const { record } = await worker.start('turn', { query: 'Why?', parent: one }, { principal: 'ada', group })
  await until(async () => (await office.text(record.id)) === FIRST, 'the first words')
  await worker.cancel(record.id)
  const whole = await asked(worker, { query: 'Why?', parent: one, continues: record.id })
  expect(await office.text(whole)).toBe(ANSWER)
  const before = [{ role: 'user', content: 'I am Ada.' }, { role: 'assistant', content: 'Hello Ada.' }, { role: 'user', content: 'Why?' }]
  expect(server.asked.map(({ body }) => body['messages'])).toEqual([before.slice(0, 1), before, [...before, { role: 'assistant', content: FIRST.trimEnd() }]])
})

test.each([{}, { run: 'elsewhere' }])('what cannot answer is refused where it is defined: %o', (definition) => {
  expect(() => defineTurn(definition as never)).toThrow(expect.objectContaining({ code: 'invalid_request', message: expect.stringContaining('`run`') as string }))
})
