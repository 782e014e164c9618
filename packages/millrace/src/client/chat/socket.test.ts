import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { ChatApp } from '../../../../../test/support/chat-app.ts'
import type { TurnContext } from '../../chat/index.ts'
import type { Said } from '../../run/said.ts'
import { serve, type Served } from '../../runtime/index.ts'
import { overWebSocket } from '../websocket/host.ts'
import { createChatClient, type ChatClient } from './chat-client.ts'

const LINE = 'a line like any other of so many\n'

let app: ChatApp
let served: Served
/** What was asked on sockets, and how many there were. */
let said: string[]
let sockets: number

class Listened extends WebSocket {
  constructor(url: string) {
    super(url, { headers: { 'X-User': 'ada' } })
    sockets += 1
  }

  override send(text: string): void {
    said.push((JSON.parse(text) as { readonly type: string }).type)
    super.send(text)
  }
}

beforeEach(async () => {
  said = []
  sockets = 0
  app = new ChatApp({ turn: flood })
  served = await serve(app.server.app, { port: 0 })
})

afterEach(async () => {
  await app.server.app.close()
  await served.close()
})

/** As many pages as it is asked for, faster than anybody reads; without a number it waits to be cancelled. */
async function* flood({ query, signal }: TurnContext): AsyncGenerator<Said, unknown, undefined> {
  yield 'Here: '
  if (Number.isNaN(Number(query))) await new Promise((resolve) => signal.addEventListener('abort', resolve))
  else for (let n = 0; n < Number(query); n += 1) yield await Promise.resolve(LINE.repeat(500))
  return null
}

function overSocket(maxBuffered: number): ChatClient {
  return createChatClient(served.url, { headers: { 'X-User': 'ada' }, host: overWebSocket({ WebSocket: Listened, maxBuffered }) })
}

test('answers are followed and stopped over one socket', async () => {
  const chat = overSocket(2 ** 20)
  const [one, two] = await Promise.all([chat.startConversation({}), chat.startConversation({})])
  const texts = await Promise.all([one, two].map(async (conversation) => {
    let text = ''
    for await (const { content = '' } of chat.chatStream(conversation, { query: '2' })) text += content
    return text
  }))
  expect(texts).toEqual([`Here: ${LINE.repeat(1_000)}`, `Here: ${LINE.repeat(1_000)}`])
  const stream = chat.chatStream(one, { query: 'for ever' })
  await expect((async () => {
    for await (const { content } of stream) if (content) await stream.cancel()
  })()).rejects.toMatchObject({ code: 'cancelled' })
  expect(sockets).toBe(1)
  expect(said).toEqual(['follow', 'follow', 'follow', 'signal'])
})

test('a reader that is slower than its answer has the server wait, and go on at half of what it keeps', async () => {
  const chat = overSocket(8 * 1024)
  const conversation = await chat.startConversation({})
  let size = 0
  for await (const { content = '' } of chat.chatStream(conversation, { query: '200' })) {
    size += content.length
    await sleep(1)
  }
  expect(size).toBe('Here: '.length + 200 * 500 * LINE.length)
  expect(said.filter((type) => type === 'pause').length).toBeGreaterThan(0)
  expect(said.filter((type) => type === 'resume').length).toBeGreaterThan(0)
})
