import { expect, test } from 'vitest'
import { ChatApp } from '../../../../test/support/chat-app.ts'

test('a question is answered as chunks, as one document, or by an id to read it by', async () => {
  await using chat = new ChatApp()
  const conversation = await chat.start()
  const stream = await chat.ask(conversation, 'one')
  expect([stream.status, stream.headers.get('Content-Type')]).toEqual([200, 'text/event-stream'])
  const id = stream.headers.get('Millrace-Run')!
  const chunks = dataOf(await stream.text())
  expect(chunks.map(({ content = '' }) => content).join('')).toBe('You said: one')
  expect(chunks.at(-1)).toMatchObject({ isComplete: true })

  const document = await chat.ask(conversation, { query: 'two', stream: false })
  expect([document.status, await document.json()]).toMatchObject([200, { messageContent: 'You said: two', isComplete: true }])
  const byAccept = await chat.ask(conversation, 'three', { Accept: 'application/json' })
  expect(await byAccept.json()).toMatchObject({ messageContent: 'You said: three' })

  const reply = await chat.ask(conversation, 'four', { Prefer: 'respond-async' })
  expect([reply.status, await reply.json()]).toMatchObject([202, { conversationId: conversation, created: true }])
  expect(await (await chat.server.ask(`/runs/${id}`)).json()).toMatchObject({ kind: 'turn', text: 'You said: one', input: { query: 'one', parent: null } })
})

test('a conversation is told in the order it went', async () => {
  await using chat = new ChatApp()
  const conversation = await chat.start('A talk')
  const ids = [await chat.answered(conversation, 'one'), await chat.answered(conversation, 'two'), await chat.answered(conversation, 'three')]
  const list = await chat.turns(conversation)
  expect(list.conversation).toMatchObject({ conversationId: conversation, title: 'A talk' })
  expect(list.turns.map(({ id, parent, query, content, status }) => [id, parent, query, content, status])).toEqual([
    [ids[0], null, 'one', 'You said: one', 'completed'],
    [ids[1], ids[0], 'two', 'You said: two', 'completed'],
    [ids[2], ids[1], 'three', 'You said: three', 'completed'],
  ])
  expect(list.next).toBeUndefined()
})

function dataOf(text: string): { readonly content?: string; readonly sources?: readonly unknown[]; readonly isComplete: boolean }[] {
  return text.split('\n').filter((line) => line.startsWith('data: ')).map((line) => JSON.parse(line.slice(6)) as never)
}
