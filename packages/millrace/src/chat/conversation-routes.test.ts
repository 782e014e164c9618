import { expect, test } from 'vitest'
import { ChatApp, patient } from '../../../../test/support/chat-app.ts'
import { posting } from '../../../../test/support/app.ts'
import { expectProblem } from '../../../../test/support/problem.ts'
import { bound, until } from '../../../../test/support/run/faulty.ts'
import type { ConversationInfo } from '../protocol/chat.ts'
import { memory } from '../store/memory.ts'

const EVE = { 'X-User': 'eve' }
const titled = (title: unknown): RequestInit => ({ ...posting({ title }), method: 'PATCH' })

test('a conversation is begun, read, renamed and deleted', async () => {
  await using chat = new ChatApp()
  const response = await chat.request('/conversations', posting({ title: 'A talk' }))
  const { conversationId: id, ...info } = (await response.json()) as ConversationInfo
  expect([response.status, info]).toEqual([201, { title: 'A talk', createdAt: expect.any(Number) as number }])
  expect(await (await chat.request(`/conversations/${id}`)).json()).toEqual({ conversationId: id, ...info })
  const renamed = await chat.request(`/conversations/${id}`, titled('Another'))
  expect([renamed.status, await renamed.json()]).toMatchObject([200, { conversationId: id, title: 'Another' }])
  expect((await chat.conversations()).conversations).toMatchObject([{ conversationId: id, title: 'Another' }])
  expect((await chat.turns(id)).conversation.title).toBe('Another')
  const deleted = await chat.request(`/conversations/${id}`, { method: 'DELETE' })
  expect(deleted.status).toBe(204)
  expect(await chat.conversations()).toEqual({ conversations: [] })
})

test('a title is a text of at most 200 characters', async () => {
  await using chat = new ChatApp()
  for (const title of [7, null, 'x'.repeat(201)]) await expectProblem(await chat.request('/conversations', posting({ title })), 422, 'invalid_input', /title/)
  const id = await chat.start()
  for (const title of [7, '', ' ', 'x'.repeat(201)]) await expectProblem(await chat.request(`/conversations/${id}`, titled(title)), 422, 'invalid_input', /title/)
  await expectProblem(await chat.request(`/conversations/${id}`, { ...posting({}), method: 'PATCH' }), 422, 'invalid_input', /title/)
})

test('the same key begins the same conversation', async () => {
  await using chat = new ChatApp()
  const begin = (title: string): Promise<Response> => chat.request('/conversations', posting({ title }, { 'Idempotency-Key': 'k' }))
  const [first, second] = [await begin('one'), await begin('one')]
  expect([first.status, second.status]).toEqual([201, 200])
  const info = (await first.json()) as ConversationInfo
  expect(await second.json()).toEqual(info)
  await expectProblem(await begin('two'), 422, 'key_reused')
  await chat.request(`/conversations/${info.conversationId}`, { method: 'DELETE' })
  await expectProblem(await begin('one'), 410, 'gone')
})

test('the caller’s own conversations are listed page by page, the newest first', async () => {
  let now = 1_000
  await using chat = new ChatApp({ store: memory({ clock: () => (now += 1) }) })
  for (let n = 0; n < 5; n += 1) await chat.start(`talk ${String(n)}`)
  await chat.request('/conversations', posting({ title: 'of eve' }, EVE))
  const first = await chat.conversations('?limit=3')
  const second = await chat.conversations(`?limit=3&before=${encodeURIComponent(first.next!)}`)
  expect([...first.conversations, ...second.conversations].map(({ title }) => title)).toEqual(['talk 4', 'talk 3', 'talk 2', 'talk 1', 'talk 0'])
  expect(second.next).toBeUndefined()
  for (const query of ['?limit=0', '?limit=101', '?limit=x', '?before=x']) await expectProblem(await chat.request(`/conversations${query}`), 400, 'invalid_request')
})

test('what has no title is called by its first question, in one line and cut, unless somebody names it first', async () => {
  await using chat = new ChatApp()
  const [plain, long, named, later] = [await chat.start(), await chat.start(), await chat.start('Mine'), await chat.start()]
  const titleOf = async (id: string): Promise<string> => ((await (await chat.request(`/conversations/${id}`)).json()) as ConversationInfo).title
  await chat.answered(plain, ' What is\n a log? ')
  await chat.answered(plain, 'And what is a run?')
  await chat.answered(long, '👩‍👩‍👧 '.repeat(90))
  await chat.answered(named, 'What is a log?')
  await chat.request(`/conversations/${later}`, titled('Renamed'))
  await chat.answered(later, 'What is a log?')
  await until(async () => (await titleOf(plain)) !== '' && (await titleOf(long)) !== '', 'the titles')
  expect(await titleOf(plain)).toBe('What is a log?')
  expect(await titleOf(long)).toMatch(/^(?:👩‍👩‍👧 ){7}👩‍👩‍👧…$/)
  expect([await titleOf(named), await titleOf(later)]).toEqual(['Mine', 'Renamed'])
})

test('a conversation is renamed by whichever server is asked, and after a restart', async () => {
  const store = memory()
  const shared = { ...bound(store), close: () => Promise.resolve() }
  const first = new ChatApp({ store: shared })
  const id = await first.start('one')
  await using second = new ChatApp({ store: shared })
  expect((await second.request(`/conversations/${id}`, titled('two'))).status).toBe(200)
  expect((await first.conversations()).conversations).toMatchObject([{ title: 'two' }])
  await first.server.app.close()
  expect((await second.request(`/conversations/${id}`, titled('three'))).status).toBe(200)
  expect((await second.conversations()).conversations).toMatchObject([{ title: 'three' }])
  await store.close()
})

test('somebody else’s conversation is not there, whatever is asked of it', async () => {
  await using chat = new ChatApp()
  const id = await chat.start('Mine')
  const turn = await chat.answered(id, 'one')
  const ways: [string, RequestInit][] = [
    [`/conversations/${id}`, {}], [`/conversations/${id}`, titled('Hers')], [`/conversations/${id}`, { method: 'DELETE' }],
    [`/conversations/${id}/turns`, {}], [`/conversations/${id}/turns?at=${turn}`, {}], [`/conversations/${id}/turns`, posting({ query: 'x' })],
  ]
  for (const [path, init] of ways) {
    await expectProblem(await chat.request(path, { ...init, headers: { ...(init.headers as Record<string, string> | undefined), ...EVE } }), 404, 'not_found')
  }
  expect((await chat.conversations()).conversations).toMatchObject([{ title: 'Mine' }])
  expect((await chat.turns(id)).turns).toHaveLength(1)
})

test('what is no conversation is not there: another run, a turn, a name that is none', async () => {
  await using chat = new ChatApp()
  const id = await chat.start()
  const turn = await chat.answered(id, 'one')
  for (const other of [turn, 'x', 'A'.repeat(22), `${'A'.repeat(22)}.${'A'.repeat(22)}`]) {
    await expectProblem(await chat.request(`/conversations/${other}`), 404, 'not_found')
    await expectProblem(await chat.ask(other, 'x'), 404, 'not_found')
  }
  for (const path of ['', '/', '/conversations/', `/conversations/${id}/`, `/conversations/${id}/turns/x`, '/sessions', '/nothing']) {
    await expectProblem(await chat.request(path), 404, 'not_found')
  }
  await expectProblem(await chat.request('/conversations', { method: 'PUT' }), 405, 'method_not_allowed')
})

test('deleting stops what is under way, takes the answers with it, and leaves no trace in lists', async () => {
  await using chat = new ChatApp({ turn: patient, busy: 'queue' })
  const id = await chat.start()
  const ids = [await chat.answered(id, 'quick'), (await chat.begin(id, 'one')).id, (await chat.begin(id, 'two')).id]
  expect((await chat.request(`/conversations/${id}`, { method: 'DELETE' })).status).toBe(204)
  for (const run of [...ids, id]) await expectProblem(await chat.server.ask(`/runs/${run}`), 410, 'gone')
  expect(await (await chat.server.ask('/runs')).json()).toEqual({ runs: [] })
  await expectProblem(await chat.request(`/conversations/${id}`, { method: 'DELETE' }), 410, 'gone')
  await expectProblem(await chat.ask(id, 'x'), 410, 'gone')
})

test('a deletion that was cut short keeps everybody out, and goes on where it is asked for again', async () => {
  const real = memory()
  const deleted: string[] = []
  let left = 2
  const store = { ...bound(real), delete: async (run: string) => {
    if ((left -= 1) < 0) throw new Error('the process was killed')
    deleted.push(run)
    await real.delete(run)
  } }
  await using chat = new ChatApp({ store })
  const id = await chat.start()
  const ids: string[] = []
  for (const query of ['one', 'two', 'three', 'four']) {
    const newest = Date.now()
    await until(() => Date.now() > newest, 'another millisecond')
    ids.push(await chat.answered(id, query))
  }
  expect((await chat.request(`/conversations/${id}`, { method: 'DELETE' })).status).toBe(500)
  expect((await chat.conversations()).conversations).toEqual([])
  for (const [path, init] of [[`/conversations/${id}`, {}], [`/conversations/${id}/turns`, posting({ query: 'x' })], [`/conversations/${id}`, titled('x')]] as const) {
    await expectProblem(await chat.request(path, init), 410, 'gone')
  }
  left = Infinity
  expect((await chat.request(`/conversations/${id}`, { method: 'DELETE' })).status).toBe(204)
  expect(deleted).toEqual([...ids.reverse(), id])
})

test('a question that meets a deletion is answered to nobody, and leaves nothing', async () => {
  const real = memory()
  let meet: (() => Promise<unknown>) | null = null
  const store = { ...bound(real), create: async (...of: Parameters<typeof real.create>) => {
    const deleting = of[1].kind === 'turn' ? meet : null
    meet = null
    await deleting?.()
    return real.create(...of)
  } }
  await using chat = new ChatApp({ store, turn: patient })
  const id = await chat.start()
  meet = () => chat.request(`/conversations/${id}`, { method: 'DELETE' })
  await expectProblem(await chat.ask(id, 'x'), 410, 'gone')
  expect(await real.list({ limit: 10 })).toEqual([])
})
