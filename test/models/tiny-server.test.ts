import OpenAI from 'openai'
import { afterAll, expect, test } from 'vitest'
import { openaiModel } from '../../packages/millrace/src/model/index.ts'
import type { Model, ModelRequest } from '../../packages/millrace/src/model/index.ts'
import type { Said } from '../../packages/millrace/src/index.ts'
import { closeAll, LOCALS, opened, textOf } from '../support/local-models.ts'
import { serveModel } from '../support/tiny-server.ts'

const SETTINGS = { maxTokens: 40, temperature: 0 }
const QUESTION = { messages: [{ role: 'user', text: 'And God said' }], signal: new AbortController().signal, ...SETTINGS } as const
const BODY = {
  model: 'kjv-1m', messages: [{ role: 'user', content: 'And God said' }], max_completion_tokens: 40, temperature: 0,
} satisfies OpenAI.Chat.ChatCompletionCreateParamsNonStreaming

afterAll(closeAll)

async function listen(model: Model, more: Partial<ModelRequest> = {}): Promise<Said[]> {
  const said: Said[] = []
  for await (const one of model.stream({ ...QUESTION, ...more })) said.push(one)
  return said
}

test('the official client streams a real model through the openai dialect, token by token', async (context) => {
  const tiny = await opened(LOCALS[0]!, context)
  await using server = await serveModel(tiny)
  const client = new OpenAI({ baseURL: server.baseURL, apiKey: 'none' })
  const stream = await client.chat.completions.create({ ...BODY, stream: true, stream_options: { include_usage: true } })
  const pieces: string[] = []
  for await (const chunk of stream) pieces.push(chunk.choices[0]?.delta.content ?? '')
  expect(pieces.join('')).toBe(textOf(await listen(tiny)))
  const whole = await client.chat.completions.create(BODY)
  expect(whole).toMatchObject({ usage: { prompt_tokens: 3, completion_tokens: 40 }, choices: [{ finish_reason: 'length' }] })
})

test('a model behind the API of another server says what it would say here, and goes on where it left off', async (context) => {
  const tiny = await opened(LOCALS[0]!, context)
  await using server = await serveModel(tiny)
  const remote = openaiModel({ model: 'kjv-1m', baseURL: server.baseURL, continues: 'assistant' })
  const here = await listen(tiny)
  const there = await listen(remote)
  expect(textOf(there)).toBe(textOf(here))
  expect(there.slice(-2)).toEqual(here.slice(-2))
  const prefix = textOf(here).slice(0, textOf(here).indexOf(' ', 30))
  expect(prefix + textOf(await listen(remote, { prefix }))).toBe(textOf(here))
})
