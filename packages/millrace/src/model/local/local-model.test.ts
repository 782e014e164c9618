import { expect, test } from 'vitest'
import { PublicError } from '../../event/error.ts'
import type { Said } from '../../run/said.ts'
import type { ModelRequest } from '../model.ts'
import type { Engine } from './engine.ts'
import { localModel } from './local-model.ts'
import { plainPrompt } from './prompt.ts'

const ANSWER = 'Ja, schön: 漢字.'
const encode = (text: string): number[] => [...new TextEncoder().encode(text)]

/** An engine whose tokens are bytes and whose answer is always the same; `asked` counts the tokens it computed. */
function engineOf(contextSize = 1000, broken?: Error, thought = ''): Engine & { asked: number; readonly prompts: number[][] } {
  const engine = {
    contextSize, thinks: thought !== '', asked: 0, prompts: [] as number[][],
    lanes: [{
      async *generate(prompt: readonly number[]) {
        engine.prompts.push([...prompt])
        const begun = new TextDecoder().decode(Uint8Array.from(prompt)).split('?')[1] ?? ''
        for (const token of encode(begun === '' ? thought + ANSWER : ANSWER).slice(encode(begun).length)) {
          await Promise.resolve()
          if (broken && engine.asked === 5) throw broken
          engine.asked += 1
          yield token
        }
      },
    }],
    prompt: (messages: ModelRequest['messages'], prefix: string) => encode(plainPrompt(messages) + prefix),
    encode,
    decode: (tokens: readonly number[]) => new TextDecoder().decode(Uint8Array.from(tokens)),
    close: () => Promise.resolve(),
  }
  return engine
}

const QUESTION = { messages: [{ role: 'user', text: 'Warum?' }], signal: new AbortController().signal } as const
const INPUT = encode('Warum?').length
const OUTPUT = encode(ANSWER).length

async function listen(engine: Engine, more: Partial<ModelRequest> = {}): Promise<Said[]> {
  const said: Said[] = []
  for await (const one of localModel('bytes', engine).stream({ ...QUESTION, ...more })) said.push(one)
  return said
}
const textOf = (said: readonly Said[]): string => said.filter((one) => typeof one === 'string').join('')

test('text, then what was used, then why it ended', async () => {
  const said = await listen(engineOf())
  expect(textOf(said)).toBe(ANSWER)
  expect(said.slice(-2)).toEqual([{ type: 'usage', usage: { input: INPUT, output: OUTPUT } }, { type: 'finish', reason: 'stop' }])
})

test('after a prefix the rest is said, and the numbers are those of the whole answer', async () => {
  for (const length of [0, 1, 7, ANSWER.length]) {
    const prefix = ANSWER.slice(0, length)
    const said = await listen(engineOf(), { prefix })
    expect(prefix + textOf(said)).toBe(ANSWER)
    expect(said.at(-2)).toEqual({ type: 'usage', usage: { input: INPUT, output: OUTPUT } })
  }
})

test('an answer is no longer than asked for, its prefix counted', async () => {
  const said = await listen(engineOf(), { prefix: 'Ja', maxTokens: 5 })
  expect(textOf(said)).toBe(', s')
  expect(said.slice(-2)).toEqual([{ type: 'usage', usage: { input: INPUT, output: 5 } }, { type: 'finish', reason: 'length' }])
  expect((await listen(engineOf(), { prefix: 'Ja, s', maxTokens: 5 })).at(-1)).toEqual({ type: 'finish', reason: 'length' })
})

test('it ends where the context does, never with half a character', async () => {
  const engine = engineOf(INPUT + 7)
  const said = await listen(engine)
  expect(textOf(said)).toBe('Ja, sch')
  expect(engine.asked).toBe(7)
  expect(textOf(await listen(engineOf(INPUT + 8)))).toBe('Ja, sch')
  expect((await listen(engineOf(INPUT + 8))).at(-1)).toEqual({ type: 'finish', reason: 'length' })
})

test('a question that leaves no room for an answer is refused; an answer that filled it is at its end', async () => {
  await expect(listen(engineOf(INPUT))).rejects.toMatchObject({ code: 'model_limit' })
  const said = await listen(engineOf(INPUT + 4), { prefix: 'Ja, ' })
  expect(said.at(-1)).toEqual({ type: 'finish', reason: 'length' })
})

test('stopped in the middle, it computes nothing more', async () => {
  const engine = engineOf()
  const stop = new AbortController()
  const stream = localModel('bytes', engine).stream({ ...QUESTION, signal: stop.signal })
  await stream.next()
  await stream.next()
  stop.abort(new Error('stop'))
  await expect(stream.next()).rejects.toThrow('stop')
  expect(engine.asked).toBe(2)
})

test('who stops reading, or is stopped, gives its place to the next', async () => {
  const model = localModel('bytes', engineOf())
  for await (const _said of model.stream(QUESTION)) break
  await expect(model.stream({ ...QUESTION, signal: AbortSignal.abort(new Error('stop')) }).next()).rejects.toThrow('stop')
  const [one, two] = await Promise.all([1, 2].map(async () => {
    let text = ''
    for await (const said of model.stream(QUESTION)) text += typeof said === 'string' ? said : ''
    return text
  }))
  expect([one, two]).toEqual([ANSWER, ANSWER])
})

test('an error in the middle keeps what was said, and its text is for the log alone', async () => {
  const secret = new Error('/home/me/secret.gguf')
  const said: Said[] = []
  const failure: unknown = await (async () => {
    for await (const one of localModel('bytes', engineOf(1000, secret)).stream(QUESTION)) said.push(one)
  })().catch((error: unknown) => error)
  expect(textOf(said)).toBe('Ja, s')
  expect(failure).toBeInstanceOf(PublicError)
  expect(failure).toMatchObject({ code: 'model_failed', message: expect.not.stringContaining('secret') as unknown, cause: secret })
})

test('reasoning is told apart from the answer; after a part of the answer there is none', async () => {
  const said = await listen(engineOf(1000, undefined, '<think>Hm.</think>\n\n'))
  const reasoning = said.flatMap((one) => (typeof one === 'object' && 'kind' in one && one.kind === 'reasoning' ? [(one as { text: string }).text] : []))
  expect([reasoning.join(''), textOf(said)]).toEqual(['Hm.', ANSWER])
  const rest = await listen(engineOf(1000, undefined, '<think>Hm.</think>'), { prefix: 'Ja, ' })
  expect(`Ja, ${textOf(rest)}`).toBe(ANSWER)
})

test('tools are refused, not left out', async () => {
  await expect(listen(engineOf(), { tools: [{ name: 'x', description: '', input: {} }] })).rejects.toMatchObject({ code: 'invalid_request' })
  expect(textOf(await listen(engineOf(), { tools: [] }))).toBe(ANSWER)
})
