import { expect, test } from 'vitest'
import { ChatApp, patient } from '../../../../test/support/chat-app.ts'
import { expectProblem } from '../../../../test/support/problem.ts'
import { faulty, until } from '../../../../test/support/run/faulty.ts'
import { memory } from '../store/memory.ts'
import { defineTurn } from './define-turn.ts'
import { PublicError } from '../event/error.ts'

test('a long conversation is read page by page, from its newest question to its first', async () => {
  await using chat = new ChatApp()
  const conversation = await chat.start()
  const queries = Array.from({ length: 7 }, (_, n) => `question ${String(n)}`)
  for (const query of queries) await chat.answered(conversation, query)
  const read: string[] = []
  for (let at = ''; ; ) {
    const { turns, next } = await chat.turns(conversation, `?limit=3${at}`)
    read.unshift(...turns.map(({ query }) => query))
    if (next === undefined) break
    expect(turns).toHaveLength(3)
    at = `&at=${next}`
  }
  expect(read).toEqual(queries)
})

test('of an answer that is under way, what is said so far; of any other, how it ended', async () => {
  const turn = defineTurn({
    async *run(context) {
      yield { type: 'source', title: 'A page', url: '/a' }
      yield { type: 'usage', usage: { output: 3 } }
      if (context.query === 'bad') throw new PublicError('bad', 'It went badly.')
      yield* patient(context)
    },
  })
  await using chat = new ChatApp({ turn, busy: 'queue' })
  const conversation = await chat.start()
  await chat.answered(conversation, 'bad')
  const { id } = await chat.begin(conversation, { query: 'well', model: 'large' })
  await until(async () => (await chat.turns(conversation)).turns[1]?.content !== '', 'the first words')
  const sources = [{ title: 'A page', url: '/a' }]
  const [bad, well] = (await chat.turns(conversation)).turns
  expect(bad).toMatchObject({ status: 'failed', content: '', error: { code: 'bad', message: 'It went badly.' }, sources, usage: { output: 3 }, endedAt: expect.any(Number) as number })
  expect(well).toMatchObject({ id, status: 'running', content: 'About well', model: 'large', sources, endedAt: null })
  expect(well).not.toHaveProperty('error')
  await chat.cancel(id)
  await chat.ended(id)
  expect((await chat.turns(conversation)).turns[1]).toMatchObject({ status: 'cancelled', content: 'About well' })
})

test('long answers make a page shorter, and one that is too long for any says so', async () => {
  const turn = defineTurn({
    async *run({ query }) {
      for (let n = 0; n < Number(query); n += 1) yield await Promise.resolve('x'.repeat(100_000))
    },
  })
  await using chat = new ChatApp({ turn, limits: { snapshot: 2_000_000 } })
  const conversation = await chat.start()
  for (const query of ['9', '9', '9', '30']) await chat.answered(conversation, query)
  const { turns, next } = await chat.turns(conversation)
  expect(turns.map(({ content, error }) => [content.length, error?.code])).toEqual([[900_000, undefined], [900_000, undefined], [0, 'too_large']])
  expect((await chat.turns(conversation, `?at=${next!}`)).turns).toHaveLength(1)
})

test('what has expired is not there, and nothing leads to it', async () => {
  await using chat = new ChatApp()
  const conversation = await chat.start()
  const ids = [await chat.answered(conversation, 'one'), await chat.answered(conversation, 'two'), await chat.answered(conversation, 'three')]
  await chat.server.store.delete(ids[0]!)
  for (const limit of ['?limit=2', '?limit=5']) {
    const { turns, next } = await chat.turns(conversation, limit)
    expect([turns.map(({ query }) => query), next]).toEqual([['two', 'three'], undefined])
  }
  await expectProblem(await chat.request(`/conversations/${conversation}/turns?at=${ids[0]!}`), 410, 'gone')
  for (const id of ids.slice(1)) await chat.server.store.delete(id)
  expect((await chat.turns(conversation)).turns).toEqual([])
  expect((await chat.turns(conversation, `?at=`)).turns).toBeUndefined()
  const next = await chat.answered(conversation, 'four')
  expect((await chat.turns(conversation)).turns).toMatchObject([{ id: next, parent: null }])
})

test('a newest turn that was deleted gives way to the one before it', async () => {
  await using chat = new ChatApp()
  const conversation = await chat.start()
  const [one, two] = [await chat.answered(conversation, 'one'), await chat.answered(conversation, 'two')]
  expect((await chat.server.ask(`/runs/${two}`, { method: 'DELETE' })).status).toBe(204)
  const three = await chat.answered(conversation, 'three')
  expect((await chat.turns(conversation)).turns.map(({ id }) => id)).toEqual([one, three])
})

test('a conversation of 500 answers costs what one of 20 does: every call of the store is counted', async () => {
  const calls = new Map<string, number>()
  const real = memory()
  const { store } = faulty(real, {
    call: (name) => {
      calls.set(name, (calls.get(name) ?? 0) + 1)
      return 'ok'
    },
  })
  const told: number[] = []
  const turn = defineTurn({
    async *run({ query, history }) {
      told.push(history.length)
      yield await Promise.resolve(`You said: ${query}`)
    },
  })
  await using chat = new ChatApp({ turn, store })
  const isPacked = async (id: string): Promise<boolean> => {
    const record = await real.find(id)
    return record !== null && record.sealedTo === record.tail
  }
  const ask = async (conversation: string, query: string): Promise<void> => {
    const { id } = await chat.begin(conversation, query)
    await until(() => isPacked(id), 'the packed answer')
  }
  const conversation = await chat.start()
  for (let n = 0; n < 500; n += 1) await ask(conversation, `question ${String(n)}`)
  for (let n = 0; n < 24; n += 1) await chat.start(`talk ${String(n)}`)
  const counted = async (work: () => Promise<unknown>): Promise<Record<string, number>> => {
    // What looks after the runs in the background is no part of it.
    calls.clear()
    await work()
    calls.delete('needs')
    return Object.fromEntries(calls)
  }
  const list = await counted(() => chat.turns(conversation))
  expect(list).toMatchObject({ load: 20, read: 1 })
  expect(total(list)).toBeLessThanOrEqual(20 + 5)
  expect(total(await counted(() => chat.conversations()))).toBeLessThanOrEqual(1)
  expect(total(await counted(() => chat.conversations('?limit=100')))).toBeLessThanOrEqual(2)
  const question = await counted(() => ask(conversation, 'one more'))
  expect(told.at(-1)).toBe(20)
  // Its history; asked, and packed.
  expect(question['load']).toBe(20)
  expect(total(question)).toBeLessThanOrEqual(20 + 9)
  expect(total(await counted(() => chat.turns(conversation, '?limit=100')))).toBeLessThanOrEqual(100 + 5)
}, 60_000)

function total(calls: Readonly<Record<string, number>>): number {
  return Object.values(calls).reduce((sum, count) => sum + count, 0)
}
