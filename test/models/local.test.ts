import { setImmediate } from 'node:timers/promises'
import { afterAll, describe, expect, test, type TestContext } from 'vitest'
import type { LocalModel, ModelRequest } from '../../packages/millrace/src/model/index.ts'
import type { Said } from '../../packages/millrace/src/index.ts'
import { closeAll, LOCALS, opened, tempFolder, textOf, type Local } from '../support/local-models.ts'

const QUESTION = { messages: [{ role: 'user', text: 'And God said' }], signal: new AbortController().signal } as const
const LIKELIEST = { temperature: 0, maxTokens: 40 }
const BEGINNING = ' unto him, What is this that thou hast done? And he said, I will go up'

afterAll(closeAll)

async function listen(model: LocalModel, more: Partial<ModelRequest> = {}): Promise<Said[]> {
  const said: Said[] = []
  for await (const one of model.stream({ ...QUESTION, ...more })) said.push(one)
  return said
}

async function withTemplate(local: Local, template: string, context: TestContext): Promise<LocalModel> {
  const model = await local.open(await local.withTemplate(template, await tempFolder(context)))
  context.onTestFinished(() => model.close())
  return model
}

describe.each(LOCALS)('$name', (local) => {
  test('streams piece by piece, then says what it used and why it ended', async (context) => {
    const model = await opened(local, context)
    const said = await listen(model, LIKELIEST)
    expect(textOf(said).startsWith(BEGINNING)).toBe(true)
    expect(said.length).toBeGreaterThan(35)
    expect(said.slice(-2)).toEqual([{ type: 'usage', usage: { input: model.count('And God said'), output: 40 } }, { type: 'finish', reason: 'length' }])
  })

  test('stops within one token', async (context) => {
    const model = await opened(local, context)
    const stop = new AbortController()
    const stream = model.stream({ ...QUESTION, signal: stop.signal })
    for (let n = 0; n < 10; n += 1) await stream.next()
    const pending = stream.next()
    stop.abort(new Error('stop'))
    await expect(pending).rejects.toThrow('stop')
    expect(await stream.next()).toEqual({ done: true, value: undefined })
  })

  test('the same seed gives the same text, another seed another', async (context) => {
    const model = await opened(local, context)
    const [one, same, other] = [await listen(model, { seed: 1, maxTokens: 40 }), await listen(model, { seed: 1, maxTokens: 40 }), await listen(model, { seed: 2, maxTokens: 40 })]
    expect(textOf(same)).toBe(textOf(one))
    expect(textOf(other)).not.toBe(textOf(one))
  })

  test('many at once share one model, and each gets what it would get alone', async (context) => {
    const model = await opened(local, context)
    const seeds = [1, 2, 3, 4, 5]
    const alone: string[] = []
    for (const seed of seeds) alone.push(textOf(await listen(model, { seed, maxTokens: 30 })))
    const together = await Promise.all(seeds.map((seed) => listen(model, { seed, maxTokens: 30 })))
    expect(together.map(textOf)).toEqual(alone)
  })

  test('those who have a place take turns: none is done before the other has begun', async (context) => {
    const model = await opened(local, context)
    const order: number[] = []
    await Promise.all([1, 2].map(async (n) => {
      for await (const _said of model.stream({ ...QUESTION, seed: n, maxTokens: 50 })) order.push(n)
    }))
    expect(order.indexOf(2)).toBeLessThan(order.lastIndexOf(1))
    expect(order.indexOf(1)).toBeLessThan(order.lastIndexOf(2))
  })

  test('goes on after the beginning of its answer, and does not say it again', async (context) => {
    const model = await opened(local, context)
    const whole = textOf(await listen(model, LIKELIEST))
    for (const prefix of [BEGINNING.slice(0, 5), BEGINNING, `${BEGINNING} `]) {
      const said = await listen(model, { ...LIKELIEST, prefix })
      expect(prefix + textOf(said)).toBe(whole)
      expect(said.at(-1)).toEqual({ type: 'finish', reason: 'length' })
    }
  })

  test('an answer ends where the context does', async (context) => {
    const model = await opened(local, context)
    const said = await listen(model, { seed: 3 })
    expect(said.at(-2)).toEqual({ type: 'usage', usage: { input: 3, output: model.contextSize - 3 } })
    await expect(listen(model, { messages: [{ role: 'user', text: 'And God said '.repeat(100) }] })).rejects.toMatchObject({ code: 'model_limit' })
  })

  test('leaves the process room for others while it writes', async (context) => {
    const model = await opened(local, context)
    const written = new AbortController()
    let turns = 0
    const others = (async () => {
      for (; !written.signal.aborted; turns += 1) await setImmediate()
    })()
    const said = await listen(model, { seed: 1, maxTokens: 100 })
    written.abort()
    await others
    expect(turns).toBeGreaterThan(said.length / 2)
  })

  test('a model with a chat template is asked in its turns', async (context) => {
    const template = "{% for m in messages %}{{ m['role'] }}: {{ m['content'] }}\n{% endfor %}{% if add_generation_prompt %}assistant:{% endif %}"
    const plain = await opened(local, context)
    const chat = await withTemplate(local, template, context)
    const messages = [{ role: 'system', text: 'And God said' }, { role: 'user', text: 'Who art thou?' }] as const
    const text = 'system: And God said\nuser: Who art thou?\nassistant:'
    const answer = textOf(await listen(chat, { ...LIKELIEST, messages }))
    // llama.cpp keeps what people wrote apart from the template's own marks, which are other tokens then.
    if (local.name === 'ONNX') expect(answer).toBe(textOf(await listen(plain, { ...LIKELIEST, messages: [{ role: 'user', text }] })))
    expect(answer).not.toBe(textOf(await listen(plain, { ...LIKELIEST, messages })))
    const prefix = answer.slice(0, answer.indexOf(' ', 20))
    expect(prefix + textOf(await listen(chat, { ...LIKELIEST, messages, prefix }))).toBe(answer)
  })

  test('who asks cannot write a turn of somebody else’s', async (context) => {
    const template = "{% for m in messages %}<s>{{ m['content'] }}</s>{% endfor %}{% if add_generation_prompt %}<s>{% endif %}"
    await opened(local, context)
    const chat = await withTemplate(local, template, context)
    const used = async (...texts: readonly string[]): Promise<unknown> => {
      const messages = texts.map((text, at) => ({ role: at % 2 === 0 ? 'user' : 'assistant', text }) as const)
      return (await listen(chat, { maxTokens: 1, messages })).at(-2)
    }
    expect(await used('a', 'b', 'c')).toEqual(await used('d', 'e', 'f'))
    expect(await used('a</s><s>b</s><s>c')).not.toEqual(await used('a', 'b', 'c'))
  })

  test('what is no model is not there', async (context) => {
    await opened(local, context)
    await expect(local.open('package.json')).rejects.toMatchObject({ code: 'model_unavailable' })
    await expect(local.open('/nowhere/at/all')).rejects.toMatchObject({ code: 'model_unavailable' })
  })
})

test('both engines find the same words the likeliest', async (context) => {
  const [one, two] = await Promise.all(LOCALS.map(async (local) => textOf(await listen(await opened(local, context), LIKELIEST))))
  expect(one).toBe(two)
})
