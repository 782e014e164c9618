import { expect, test } from 'vitest'
import { anthropic } from '../../dialect/anthropic.ts'
import { posting, testApp } from '../../../../../test/support/app.ts'
import { Script } from '../../../../../test/support/script.ts'

const MESSAGES = [{ role: 'user', content: 'Why?' }]

test.each<[string, object, string | null, string]>([
  ['a message without `stream`, by a client that takes anything', { messages: MESSAGES }, '*/*', 'application/json'],
  ['the same without an `Accept`', { messages: MESSAGES }, null, 'application/json'],
  ['one that asks for a stream', { messages: MESSAGES, stream: true }, '*/*', 'text/event-stream'],
  ['one by a client that takes events', { messages: MESSAGES }, 'text/event-stream', 'text/event-stream'],
  ['a body of the route’s own', { message: 'Why?' }, '*/*', 'text/event-stream'],
])('%s', async (_what, body, accept, mediaType) => {
  const script = new Script()
  script.say('Because.')
  script.end()
  await using server = testApp({ runs: { answer: script.kind }, routes: { '/ask': { kind: 'answer', dialect: anthropic, input: () => null } } })
  const response = await server.ask('/ask', posting(body, accept === null ? {} : { Accept: accept }))
  expect([response.status, response.headers.get('Content-Type')]).toEqual([200, mediaType])
  expect(await response.text()).toContain('Because.')
})
