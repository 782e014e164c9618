import { afterAll, expect, expectTypeOf, test } from 'vitest'
import { z } from 'zod'
import { createClient } from '../../packages/millrace/src/client/index.ts'
import type { Run } from '../../packages/millrace/src/client/index.ts'
import { defaultHost } from '../../packages/millrace/src/client/host.ts'
import { anyone, createMillrace, defineRun, memory, PublicError } from '../../packages/millrace/src/index.ts'
import type { Json, Millrace, RunHandle, TypesOf } from '../../packages/millrace/src/index.ts'
import { answerWith, type Model } from '../../packages/millrace/src/model/index.ts'

const seen: unknown[] = []

const remind = defineRun({
  input: z.object({ at: z.string().transform((text) => new Date(text)), times: z.number().default(1) }),
  title: ({ at }) => at.toISOString(),
  async *run({ input }) {
    expectTypeOf(input).toEqualTypeOf<{ at: Date; times: number }>()
    seen.push(input)
    yield await Promise.resolve('soon')
    return { reminded: input.times }
  },
})

const shout = defineRun({
  input: (value): { readonly word: string } => {
    if (typeof value === 'object' && value !== null && 'word' in value && typeof value.word === 'string') return { word: value.word }
    throw new PublicError('invalid_input', 'Send a word.')
  },
  run: ({ input }) => Promise.resolve(input.word.length),
})

const echo = defineRun({
  run({ input }) {
    expectTypeOf(input).toEqualTypeOf<Json>()
    return Promise.resolve(input)
  },
})

const letter = defineRun({
  input: z.string(),
  signals: { approval: z.object({ at: z.string().transform((text) => new Date(text)) }), pages: Number },
  async run({ input, signals }) {
    expectTypeOf(input).toEqualTypeOf<string>()
    const { value: signal } = await signals.next()
    expectTypeOf(signal.type).toEqualTypeOf<'approval' | 'pages'>()
    if (signal.type === 'approval') expectTypeOf(signal.data).toEqualTypeOf<{ at: Date }>()
    else expectTypeOf(signal.data).toEqualTypeOf<number>()
    return signal.id
  },
})

const model: Model = { name: 'echo', continues: true, async *stream({ messages }) { yield await Promise.resolve(messages[0]?.text ?? '') } }
const answer = defineRun({
  input: z.object({ message: z.string() }),
  recover: 'resume',
  run: answerWith(model, ({ input }) => {
    expectTypeOf(input).toEqualTypeOf<{ message: string }>()
    return [{ role: 'user', text: input.message }]
  }),
})

const app = createMillrace({ store: memory(), runs: { answer, remind, shout, echo, letter }, authenticate: anyone })
const host = { ...defaultHost, fetch: (url: string, init: RequestInit): Promise<Response> => app.fetch(new Request(url, init)) }
const client = createClient<typeof app>('http://localhost', { host })
afterAll(() => app.close())

test('a client sends what the schema takes, and the handler gets what the schema gives', async () => {
  expectTypeOf(client.start<'remind'>).parameter(1).toEqualTypeOf<{ at: string; times?: number | undefined }>()
  const run = await client.start('remind', { at: '2030-01-02' })
  const { result } = await run.result
  expectTypeOf(result).toEqualTypeOf<{ reminded: number } | undefined>()
  expect(result).toEqual({ reminded: 1 })
  expect(seen).toEqual([{ at: new Date('2030-01-02'), times: 1 }])
})

test('what a model is asked is made of what the schema gives', async () => {
  expectTypeOf(client.start<'answer'>).parameter(1).toEqualTypeOf<{ message: string }>()
  const run = await client.start('answer', { message: 'Why?' })
  expect((await run.result).status).toBe('completed')
  expect((await run.snapshot()).text).toBe('Why?')
})

test('where a function checks, a client sends what the function gives', () => {
  expectTypeOf(client.start<'shout'>).parameter(1).toEqualTypeOf<{ readonly word: string }>()
  expectTypeOf(client.start<'shout'>).returns.resolves.toEqualTypeOf<Run<number>>()
})

test('where nothing checks, a client sends any JSON', () => {
  expectTypeOf(client.start<'echo'>).parameter(1).toEqualTypeOf<Json>()
})

test('a handler gets of each signal what its check gives, and a client of such a kind knows its types', async () => {
  expectTypeOf(client.start<'letter'>).parameter(1).toEqualTypeOf<string>()
  const run = await client.start('letter', 'Dear')
  expectTypeOf(run).toEqualTypeOf<Run<string>>()
  await run.signal({ type: 'pages', data: 3, id: 'three' })
  expect((await run.result).result).toBe('three')
})

test('a start in the same process takes and gives the same types', async () => {
  const options = { principal: 'anyone' }
  expectTypeOf(app.start<'remind'>).parameter(1).toEqualTypeOf<{ at: string; times?: number | undefined }>()
  const run = await app.start('remind', { at: '2030-01-02', times: 3 }, options)
  expectTypeOf(run).toEqualTypeOf<RunHandle<{ reminded: number }>>()
  expect((await run.result).result).toEqual({ reminded: 3 })
  expectTypeOf(await app.open(run.id, options)).toEqualTypeOf<RunHandle>()
})

test('an app that is no value of its own module has a name for its type', () => {
  interface Runs { remind: typeof remind; shout: typeof shout; echo: typeof echo; letter: typeof letter }
  expectTypeOf<Millrace<TypesOf<{ [Kind in keyof Runs]: Runs[Kind] }>>>().toEqualTypeOf<typeof app>()
})
