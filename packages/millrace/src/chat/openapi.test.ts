import { afterEach, beforeEach, expect, test } from 'vitest'
import { posting } from '../../../../test/support/app.ts'
import { ChatApp, patient } from '../../../../test/support/chat-app.ts'
import { Description } from '../../../../test/support/open-api.ts'
import { defineTurn, type TurnContext } from './index.ts'
import { RouteSet } from '../server/endpoint.ts'
import type { Said } from '../run/said.ts'
import { createChat } from './chat.ts'
import { createSessions, type Sessions } from './sessions.ts'

const sessions: Sessions = createSessions({
  keys: { current: { id: 'one', secret: new Uint8Array(32).fill(7) } }, authenticate: ({ headers }) => headers.get('X-User'),
})

/** Says something of everything that a chunk can hold. */
async function* talkative(context: TurnContext): AsyncGenerator<Said, unknown, undefined> {
  if (context.query === 'fail') throw new Error('a secret')
  yield { type: 'status', status: 'searching' }
  yield { type: 'source', title: 'A law', url: 'https://example.org/law', relevance: 0.5, excerpt: 'so' }
  yield { type: 'source', title: 'Another' }
  yield { type: 'usage', usage: { input: 1, output: 2 } }
  return yield* patient(context)
}

let chat: ChatApp
let description: Description
beforeEach(async () => {
  chat = new ChatApp({ turn: defineTurn({ run: talkative }), sessions })
  description = new Description(await (await chat.request('/openapi.json')).json())
})
afterEach(() => chat.server.app.close())

/** Every segment that a path could have, in every order, three deep. */
function paths(): readonly string[] {
  const words = [...new Set(description.operations.flatMap(({ path }) => path.slice(1).split('/')))].map((word) => (word.startsWith('{') ? 'x'.repeat(22) : word))
  const longer = (path: string): string[] => words.map((word) => `${path}/${word}`)
  const one = longer('')
  const two = one.flatMap(longer)
  return [...one, ...two, ...two.flatMap(longer), '', '/', '/conversations/']
}

test.each([true, false])('every path and method that it describes is served, and every one that is served is described (sessions: %s)', async (has) => {
  const { endpoint } = RouteSet.below(createChat({ kind: 'turn', ...(has && { sessions }) }))
  const document: unknown = await (await endpoint(['openapi.json'])!['GET']!({} as never, new Request('http://localhost/'), { principal: 'ada' })).json()
  const described = new Description(document)
  expect(described.at('POST', '/sessions') !== undefined).toBe(has)
  const served = paths().flatMap((path) => Object.keys(endpoint(path === '' ? [] : path.slice(1).split('/')) ?? {}).map((method) => `${method} ${path}`))
  expect(served.filter((one) => !described.at(...(one.split(' ') as [string, string])))).toEqual([])
  for (const { method, path } of described.operations) expect(served).toContain(`${method} ${path.replace(/\{\w+\}/, 'x'.repeat(22))}`)
})

test('what is answered over a whole conversation is what it says', async () => {
  const wrongs: string[] = []
  const seen = new Set<string>()
  const ask = async (method: string, path: string, body?: unknown, headers: Readonly<Record<string, string>> = {}): Promise<Response> => {
    const response = await chat.request(path, body === undefined ? { method, headers } : { ...posting(body, headers), method })
    const bare = path.split('?')[0] ?? ''
    wrongs.push(...(await description.wrongs(method, bare, response.clone())))
    seen.add(`${description.at(method, bare)?.operationId ?? ''} ${String(response.status)}`)
    return response
  }
  await ask('POST', '/sessions', { projectId: 'p' })
  await ask('POST', '/sessions', { userId: 'eve' })
  await ask('POST', '/sessions', { userId: 7 })
  const { conversationId } = (await (await ask('POST', '/conversations', { title: 'One' }, { 'Idempotency-Key': 'c' })).json()) as { conversationId: string }
  await ask('POST', '/conversations', { title: 'One' }, { 'Idempotency-Key': 'c' })
  await ask('POST', '/conversations', { title: 'Two' }, { 'Idempotency-Key': 'c' })
  await ask('GET', '/conversations?limit=1')
  await ask('GET', '/conversations?limit=x')
  const at = `/conversations/${conversationId}`
  await ask('GET', at)
  await ask('PATCH', at, { title: 'Other' })
  await ask('PATCH', at, { title: 7 })
  const turns = `${at}/turns`
  await ask('POST', turns, { query: 'quick one' })
  await ask('POST', turns, { query: 'quick two' }, { Accept: 'application/x-ndjson', 'Idempotency-Key': 'k' })
  await ask('POST', turns, { query: 'quick two' }, { Prefer: 'respond-async', 'Idempotency-Key': 'k' })
  await ask('POST', turns, { query: 'quick other' }, { 'Idempotency-Key': 'k' })
  await ask('POST', turns, { query: 'quick three', stream: false })
  await ask('POST', turns, { query: 'fail', stream: false })
  await ask('POST', turns, { query: 'fail' })
  const { id } = (await (await ask('POST', turns, { query: 'slow' }, { Prefer: 'respond-async' })).json()) as { id: string }
  await ask('POST', turns, { query: 'another' })
  await ask('GET', turns)
  await chat.cancel(id)
  await chat.ended(id)
  await ask('POST', turns, { supersedes: id, query: 'quick four' })
  await ask('POST', turns, { query: 7 })
  await ask('POST', turns, {}, { Accept: 'image/png' })
  await ask('POST', turns, undefined, {})
  await ask('GET', `${turns}?limit=2`)
  await ask('GET', `${turns}?at=${id}`)
  await ask('GET', `/conversations/${'x'.repeat(22)}`)
  await ask('GET', '/stream')
  await ask('GET', '/openapi.json')
  await ask('DELETE', at)
  await ask('GET', at)
  await ask('GET', '/conversations', undefined, { 'X-User': '' })
  expect(wrongs).toEqual([])
  expect(seen.size).toBeGreaterThan(24)
  for (const { operationId } of description.operations) expect([...seen].some((one) => one.startsWith(`${operationId} `)), operationId).toBe(true)
})

test('what would be wrong is told', async () => {
  for (const body of [{ conversations: [{ conversationId: 7 }] }, { conversations: [], secret: 1 }, []]) {
    const answer = new Response(JSON.stringify(body), { headers: { 'Content-Type': 'application/json' } })
    expect(await description.wrongs('GET', '/conversations', answer)).not.toEqual([])
  }
  expect(await description.wrongs('GET', '/conversations', new Response(null, { status: 418 }))).not.toEqual([])
})
