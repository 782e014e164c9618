import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Anthropic from '@anthropic-ai/sdk'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { createClient } from '../../packages/millrace/src/client/index.ts'
import { startExample } from '../support/example.ts'
import { chunk, DONE, finish, saying } from '../support/model/chat.ts'
import { continuing } from '../support/model/continuing.ts'
import { saying as messageSaying } from '../support/model/messages.ts'
import { startModelServer, streaming, type ModelServer } from '../support/model/server.ts'

const ANSWER = 'Because the log is the truth, and everything else is a projection of it.'

let server: ModelServer
beforeEach(async () => { server = await startModelServer() })
afterEach(() => server[Symbol.asyncDispose]())

async function ask(url: string): Promise<{ text: string; status: string }> {
  const run = await createClient(url).start('answer', { message: 'Why?' })
  let text = ''
  for await (const piece of run.text()) text += piece
  return { text, status: (await run.result).status }
}

test('the OpenAI-compatible example streams, and goes on with its answer after it was killed', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-models-'))
  const env = { MODEL_URL: `${server.url}/v1`, STORE: join(folder, 'log.db') }
  server.answers = continuing(ANSWER, 30)
  const first = await startExample('models', env, 'openai.mjs')
  const { id } = await createClient(first.url).start('answer', { message: 'Why?' })
  await vi.waitUntil(async () => (await createClient(first.url).open(id).snapshot()).text.length > 0, { timeout: 10_000 })
  await first.kill()
  await using second = await startExample('models', env, 'openai.mjs')
  const run = createClient(second.url).open(id)
  expect(await run.result).toMatchObject({ status: 'completed' })
  expect((await run.snapshot()).text).toBe(ANSWER)
  expect(server.asked.map(({ path }) => path)).toEqual(['/v1/chat/completions', '/v1/chat/completions'])
  await second.kill()
  await rm(folder, { recursive: true })
})

test('the Anthropic example streams, and is read by that vendor’s own client too', async () => {
  server.answers = [streaming(...messageSaying('Be', 'cause.'))]
  await using example = await startExample('models', { MODEL_URL: server.url }, 'anthropic.mjs')
  expect(await ask(example.url)).toEqual({ text: 'Because.', status: 'completed' })
  const client = new Anthropic({ apiKey: 'key', baseURL: example.url })
  const message = await client.messages.stream({ model: 'any', max_tokens: 9, messages: [{ role: 'user', content: 'Why?' }] }).finalMessage()
  expect(message).toMatchObject({ content: [{ text: 'Because.' }], stop_reason: 'end_turn', usage: { input_tokens: 7, output_tokens: 9 } })
  expect(server.asked.map(({ body }) => body['system'])).toEqual(Array.from({ length: 2 }, () => [{ type: 'text', text: 'Be brief.' }]))
})

test('the example with a tool runs it, and the model answers with what it returned', async () => {
  const call = chunk({ tool_calls: [{ index: 0, id: 'a', type: 'function', function: { name: 'weather', arguments: '{"city":"Bern"}' } }] })
  server.answers = [streaming(call, finish('tool_calls'), DONE), streaming(...saying('Clear.'))]
  await using example = await startExample('models', { MODEL_URL: `${server.url}/v1` }, 'tools.mjs')
  expect(await ask(example.url)).toEqual({ text: 'Clear.', status: 'completed' })
  expect(server.asked[1]?.body['messages']).toMatchObject([{ role: 'user' }, { role: 'assistant' }, { role: 'tool', content: '{"city":"Bern","sky":"clear"}' }])
})

test('the AI SDK example streams', async () => {
  server.answers = [streaming(...saying('Be', 'cause.'))]
  await using example = await startExample('models', { MODEL_URL: `${server.url}/v1` }, 'ai-sdk.mjs')
  expect(await ask(example.url)).toEqual({ text: 'Because.', status: 'completed' })
})
