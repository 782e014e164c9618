import { anyone, createMillrace, memory } from 'millrace'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { defineAnswer, defineChat } from './answer.ts'
import { toDocument } from './search/passages.ts'
import { SearchIndex } from './search/search-index.ts'

const index = new SearchIndex([toDocument('mills.md', `# Mills\n\n${'A mill grinds the grain that the farmers bring to it. '.repeat(20)}`)])
const slowly = { index, model: null, pace: 0.1 }
const millrace = createMillrace({
  store: memory(), authenticate: anyone, runs: { answer: defineAnswer(slowly), chat: defineChat(slowly) },
})

beforeEach(() => vi.useFakeTimers())
afterEach(() => vi.useRealTimers())

async function ask(kind: string): Promise<Response> {
  const init = { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: '{"message":"What does a mill grind?"}' }
  return millrace.fetch(new Request(`http://localhost/runs/${kind}`, init))
}

async function statusOf(run: Response): Promise<unknown> {
  const reply = await millrace.fetch(new Request(`http://localhost/runs/${run.headers.get('Millrace-Run') ?? ''}`))
  return ((await reply.json()) as { readonly status: unknown }).status
}

test('a chat that nobody reads any more is stopped after a minute, and an answer is not', async () => {
  const [answer, chat, read] = await Promise.all([ask('answer'), ask('chat'), ask('chat')])
  for (const left of [answer, chat]) await left.body?.cancel()
  const reading = read.body?.getReader()
  for (let second = 0; second < 50; second += 1) {
    void reading?.read()
    await vi.advanceTimersByTimeAsync(1_000)
  }
  expect(await Promise.all([answer, chat, read].map(statusOf))).toEqual(['running', 'running', 'running'])
  for (let second = 0; second < 30; second += 1) await vi.advanceTimersByTimeAsync(1_000)
  expect(await Promise.all([answer, chat, read].map(statusOf))).toEqual(['running', 'cancelled', 'running'])
})
