import { afterEach, beforeEach, expect, test } from 'vitest'
import { ChatApp, patient, type ChatAppOptions } from '../../../../../test/support/chat-app.ts'
import type { TurnContext } from '../../chat/index.ts'
import { MillraceError, PublicError } from '../../event/error.ts'
import { serve, type Served } from '../../runtime/index.ts'
import type { Said } from '../../run/said.ts'
import { defaultHost, type Host } from '../host.ts'
import { createChatClient, type ChatClient, type ChatClientOptions } from './chat-client.ts'
import type { StreamingChunk } from './chunks.ts'

let app: ChatApp
let served: Served
let chat: ChatClient
/** What was sent, as `POST /path`. */
let asked: string[]

afterEach(async () => {
  await app.server.app.close()
  await served.close()
})

async function start(options: ChatAppOptions = {}, client: ChatClientOptions = {}): Promise<void> {
  app = new ChatApp(options)
  served = await serve(app.server.app, { port: 0 })
  chat = open(client)
}

function open({ host = defaultHost, ...options }: ChatClientOptions = {}): ChatClient {
  const fetch: Host['fetch'] = (url, init) => {
    asked.push(`${init.method ?? ''} ${new URL(url).pathname}`)
    return host.fetch(url, init)
  }
  return createChatClient(served.url, { headers: { 'X-User': 'ada' }, ...options, host: { ...host, fetch } })
}

beforeEach(() => {
  asked = []
})

async function textOf(chunks: AsyncIterable<StreamingChunk>): Promise<string> {
  let text = ''
  for await (const { content } of chunks) text += content ?? ''
  return text
}

async function* cited({ query }: TurnContext): AsyncGenerator<Said, unknown, undefined> {
  yield { type: 'source', title: 'A doc', relevance: 0.5, excerpt: 'because' }
  yield { type: 'status', status: 'thinking' }
  yield 'Because '
  yield await Promise.resolve(query)
  return { ok: true }
}

test('a conversation is begun, asked in, listed, read, renamed and removed', async () => {
  await start()
  const conversation = await chat.startConversation({}, { title: 'A talk' })
  expect(conversation).toMatchObject({ title: 'A talk' })
  expect(await textOf(chat.chatStream(conversation, { query: 'one' }))).toBe('You said: one')
  const answer = await chat.chat(conversation, { query: 'two' })
  expect(answer).toMatchObject({ messageContent: 'You said: two', sources: [], metadata: { type: 'end', status: 'completed' } })
  const { turns } = await chat.history(conversation)
  expect(turns.map(({ query, content }) => [query, content])).toEqual([['one', 'You said: one'], ['two', 'You said: two']])
  expect(turns.at(-1)?.id).toBe(answer.turn)
  expect((await chat.history(conversation, { at: turns[0]!.id, limit: 1 })).turns.map(({ query }) => query)).toEqual(['one'])
  await chat.rename(conversation, 'The talk')
  expect((await chat.conversations({}, { limit: 1 })).conversations).toMatchObject([{ conversationId: conversation.conversationId, title: 'The talk' }])
  await chat.remove(conversation)
  expect(asked.filter((request) => request.startsWith('DELETE'))).toHaveLength(1)
  expect((await chat.conversations({})).conversations).toEqual([])
  await expect(chat.history(conversation)).rejects.toMatchObject({ code: 'gone' })
})

test('an answer comes as typed chunks, its sources with the last one', async () => {
  await start({ turn: cited })
  const conversation = await chat.startConversation({})
  const chunks: StreamingChunk[] = []
  for await (const chunk of chat.chatStream(conversation, { query: 'why', model: 'any' })) chunks.push(chunk)
  expect(chunks[0]).toMatchObject({ isComplete: false, metadata: { type: 'start', kind: 'turn' } })
  expect(chunks.map(({ content = '' }) => content).join('')).toBe('Because why')
  expect(chunks).toContainEqual({ isComplete: false, metadata: { type: 'status', status: 'thinking' } })
  expect(chunks.filter(({ sources }) => sources)).toEqual([chunks.at(-1)])
  expect(chunks.at(-1)).toEqual({
    sources: [{ title: 'A doc', relevanceScore: 0.5, contentExcerpt: 'because' }], isComplete: true,
    metadata: { type: 'end', status: 'completed', result: { ok: true } },
  })
  expect((await chat.history(conversation)).turns).toMatchObject([{ query: 'why', model: 'any', status: 'completed' }])
})

test('whatever became of the answer to a question, it is asked once', async () => {
  let lost = 0
  const fetch: Host['fetch'] = async (url, init) => {
    const response = await defaultHost.fetch(url, init)
    if (init.method !== 'POST' || (lost += 1) > 3) return response
    throw new TypeError('The answer was lost.')
  }
  await start({}, { host: { ...defaultHost, random: () => 0.01, fetch } })
  const conversation = await chat.startConversation({})
  expect(await textOf(chat.chatStream(conversation, { query: 'one' }))).toBe('You said: one')
  expect((await chat.conversations({})).conversations).toHaveLength(1)
  expect((await chat.history(conversation)).turns).toHaveLength(1)
  const key = 'mine'
  const [first, again] = [await chat.ask(conversation, { query: 'two', key }), await chat.ask(conversation, { query: 'two', key })]
  expect([again.run.id, again.reply.created]).toEqual([first.run.id, false])
  await expect(chat.ask(conversation, { query: 'three', key })).rejects.toMatchObject({ code: 'key_reused' })
})

test('a failed, a cancelled and a lost answer are errors of three sorts, and what was said of them was given before', async () => {
  await start({
    async *turn({ query, signal }: TurnContext) {
      yield { type: 'source', title: 'A doc' }
      yield 'so far'
      if (query === 'fail') throw new PublicError('no_model', 'The model is not there.')
      await new Promise((resolve) => signal.addEventListener('abort', resolve))
      return null
    },
  })
  const conversation = await chat.startConversation({})
  const read = async (stream: AsyncIterable<StreamingChunk>, onWords = (): unknown => null): Promise<[unknown, StreamingChunk[]]> => {
    const chunks: StreamingChunk[] = []
    try {
      for await (const chunk of stream) {
        chunks.push(chunk)
        if (chunk.content) await onWords()
      }
      return [null, chunks]
    } catch (error) {
      return [error, chunks]
    }
  }
  const [failed, chunks] = await read(chat.chatStream(conversation, { query: 'fail' }))
  expect(failed).toBeInstanceOf(PublicError)
  expect(failed).toMatchObject({ code: 'no_model', message: 'The model is not there.' })
  expect(chunks.at(-1)).toEqual({ sources: [{ title: 'A doc' }], isComplete: false, metadata: { type: 'end', status: 'failed' } })
  await expect(chat.chat(conversation, { turn: (await chat.history(conversation)).turns[0]!.id })).rejects.toMatchObject({ code: 'no_model' })

  const stream = chat.chatStream(conversation, { query: 'wait' })
  const [cancelled] = await read(stream, () => stream.cancel())
  expect(cancelled).toBeInstanceOf(MillraceError)
  expect(cancelled).toMatchObject({ code: 'cancelled' })

  const [lost] = await read(open({ host: fast }).chatStream(conversation, { query: 'wait' }), async () => {
    await app.server.app.close()
    await served.close()
  })
  expect(lost).toMatchObject({ code: 'incomplete' })
})

/** Its two minutes without the server are over in no time. */
const fast: Host = { ...defaultHost, now: () => performance.now() * 500, timer: (ms, run) => defaultHost.timer(ms / 500, run) }

test('who leaves the loop leaves the run, and finds it again after a page load, from its start or a cursor', async () => {
  let go: () => void = () => undefined
  await start({
    async *turn() {
      yield { type: 'source', title: 'A doc' }
      yield 'one '
      await new Promise<void>((resolve) => (go = resolve))
      yield 'two'
      return null
    },
  })
  const conversation = await chat.startConversation({})
  for await (const { content } of chat.chatStream(conversation, { query: 'why' })) if (content === 'one ') break
  const page = open()
  const [turn] = (await page.history(conversation)).turns
  expect(turn).toMatchObject({ status: 'running', content: 'one ' })
  const { cursor } = await page.open(conversation, turn!.id).snapshot()
  const [whole, rest] = [page.chatStream(conversation, { turn: turn!.id }), page.chatStream(conversation, { turn: turn!.id, after: cursor })]
  go()
  expect(await textOf(whole)).toBe('one two')
  const chunks: StreamingChunk[] = []
  for await (const chunk of rest) chunks.push(chunk)
  expect(chunks.map(({ content = '' }) => content).join('')).toBe('two')
  expect(chunks.at(-1)).toMatchObject({ sources: [{ title: 'A doc' }], isComplete: true })
  expect(asked.filter((one) => one.startsWith('POST') && one.endsWith('/turns'))).toHaveLength(1)
})

test('an answer is stopped from anywhere, also while its question is on its way', async () => {
  await start({ turn: patient })
  const conversation = await chat.startConversation({})
  const stream = chat.chatStream(conversation, { query: 'one' })
  await stream.cancel()
  await expect(textOf(stream)).rejects.toMatchObject({ code: 'cancelled' })
  const { run } = await chat.ask(conversation, { query: 'two' })
  await open().cancel({}, run.id)
  expect((await run.result).status).toBe('cancelled')
})

test('a signal leaves the loop and not the answer', async () => {
  await start({ turn: patient })
  const conversation = await chat.startConversation({})
  const leaving = new AbortController()
  const stream = chat.chatStream(conversation, { query: 'one', signal: leaving.signal })
  await expect((async () => {
    for await (const { content } of stream) if (content) leaving.abort(new Error('enough'))
  })()).rejects.toThrow('enough')
  expect((await (await stream.run).snapshot()).status).toBe('running')
})

test('a reader who left asks for nothing more', async () => {
  await start({ turn: patient })
  const conversation = await chat.startConversation({})
  const stream = chat.chatStream(conversation, { query: 'one' })
  const first = stream.next()
  await Promise.resolve()
  await stream.return()
  expect(await first).toMatchObject({ done: true })
  await stream.run
  expect(asked.filter((one) => one.startsWith('GET'))).toEqual([])
  expect((await chat.history(conversation)).turns).toMatchObject([{ query: 'one', status: 'running' }])
})

test('a question that comes while another is being answered is refused as what it is', async () => {
  await start({ turn: patient })
  const conversation = await chat.startConversation({})
  await chat.ask(conversation, { query: 'one' })
  const stream = chat.chatStream(conversation, { query: 'two' })
  await expect(stream.next()).rejects.toMatchObject({ code: 'busy' })
  await expect(stream.run).rejects.toMatchObject({ code: 'busy' })
})
