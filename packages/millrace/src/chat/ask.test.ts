import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ChatApp, patient, type Turning } from '../../../../test/support/chat-app.ts'
import { expectProblem } from '../../../../test/support/problem.ts'
import { faulty, turns, until, type Fate } from '../../../../test/support/run/faulty.ts'
import type { TurnReply } from '../protocol/chat.ts'
import { memory } from '../store/memory.ts'
import type { Busy } from './settings.ts'

const keyed = (key: string): Readonly<Record<string, string>> => ({ 'Idempotency-Key': key })

test('the same key leads to the same turn, later too and from another node; with another question it is refused', async () => {
  const store = memory()
  await using one = new ChatApp({ store })
  await using other = new ChatApp({ store })
  const conversation = await one.start()
  const first = await one.begin(conversation, 'first', keyed('a'))
  await one.ended(first.id)
  for (let n = 0; n < 5; n += 1) await one.answered(conversation, `then ${String(n)}`)
  expect(await other.begin(conversation, 'first', keyed('a'))).toMatchObject({ id: first.id, created: false, status: 'completed' })
  await expectProblem(await other.ask(conversation, 'another', keyed('a')), 422, 'key_reused')
  expect((await one.turns(conversation)).turns).toHaveLength(6)
})

test('what is given to a retry is the answer itself, from its start', async () => {
  await using chat = new ChatApp()
  const conversation = await chat.start()
  await chat.answered(conversation, 'first', keyed('a'))
  expect(await (await chat.ask(conversation, 'first', { ...keyed('a'), Accept: 'text/plain' })).text()).toBe('You said: first')
})

test('with a cursor an answer is followed, and nothing is asked', async () => {
  await using chat = new ChatApp()
  const conversation = await chat.start()
  const stream = await chat.ask(conversation, 'first', keyed('a'))
  const ids = [...(await stream.text()).matchAll(/^id: (.+)$/gm)].map(([, id = '']) => id)
  const rest = await chat.ask(conversation, 'first', { ...keyed('a'), 'Last-Event-ID': ids.at(-2)! })
  expect([rest.status, (await rest.text()).match(/^data/gm)?.length]).toEqual([200, 1])
  expect((await chat.ask(conversation, 'first', { ...keyed('a'), 'Last-Event-ID': ids.at(-1)! })).status).toBe(204)
  await expectProblem(await chat.ask(conversation, 'first', { ...keyed('b'), 'Last-Event-ID': ids[0]! }), 404, 'not_found')
  await expectProblem(await chat.ask(conversation, 'first', { 'Last-Event-ID': ids[0]! }), 400, 'invalid_request')
  expect((await chat.turns(conversation)).turns).toHaveLength(1)
})

test('a question while another one is being answered is refused, unless the chat is set up otherwise', async () => {
  await using chat = new ChatApp({ turn: patient })
  const conversation = await chat.start()
  const { id } = await chat.begin(conversation, 'one')
  await expectProblem(await chat.ask(conversation, 'two'), 409, 'busy')
  await chat.cancel(id)
  await chat.ended(id)
  expect((await chat.begin(conversation, 'quick two')).created).toBe(true)
})

test('it joins the answer that is under way, where the chat is set up so', async () => {
  await using chat = new ChatApp({ turn: patient, busy: 'join' })
  const conversation = await chat.start()
  const { id } = await chat.begin(conversation, 'one')
  expect(await chat.begin(conversation, 'two')).toMatchObject({ id, created: false })
  expect((await chat.turns(conversation)).turns.map(({ query }) => query)).toEqual(['one'])
})

test('it waits for its turn, where the chat is set up so: one is answered after the other', async () => {
  await using chat = new ChatApp({ turn: patient, busy: 'queue' })
  const conversation = await chat.start()
  const one = await chat.begin(conversation, 'one')
  const two = await chat.begin(conversation, 'quick two')
  const three = await chat.begin(conversation, 'quick three')
  await turns(20)
  const texts = async (): Promise<string[]> => (await chat.turns(conversation)).turns.map(({ content }) => content)
  expect(await texts()).toEqual(['About one', '', ''])
  await chat.cancel(one.id)
  await chat.ended(three.id)
  const { turns: told } = await chat.turns(conversation)
  expect(told.map(({ id, status, parent }) => [id, status, parent])).toEqual([
    [one.id, 'cancelled', null], [two.id, 'completed', one.id], [three.id, 'completed', two.id],
  ])
})

test('an answer is begun anew, a question is asked otherwise, and another branch is begun', async () => {
  await using chat = new ChatApp()
  const conversation = await chat.start()
  const one = await chat.answered(conversation, 'one')
  const two = await chat.answered(conversation, 'two')
  const queries = async (at = ''): Promise<string[]> => (await chat.turns(conversation, at)).turns.map(({ query }) => query)
  const again = await chat.answered(conversation, { supersedes: two })
  expect((await chat.turns(conversation)).turns.at(-1)).toMatchObject({ id: again, query: 'two', parent: one, supersedes: two })
  await chat.answered(conversation, { supersedes: again, query: 'two, but otherwise' })
  expect(await queries()).toEqual(['one', 'two, but otherwise'])
  await chat.answered(conversation, { query: 'three', parent: two })
  expect(await queries()).toEqual(['one', 'two', 'three'])
  await chat.answered(conversation, { query: 'anew', parent: null })
  expect(await queries()).toEqual(['anew'])
  expect(await queries(`?at=${again}`)).toEqual(['one', 'two'])
})

test('what is answered anew while it is under way is stopped first', async () => {
  await using chat = new ChatApp({ turn: patient })
  const conversation = await chat.start()
  const { id } = await chat.begin(conversation, 'one')
  const next = await chat.begin(conversation, { supersedes: id, query: 'quick one' })
  await chat.ended(next.id)
  expect((await chat.server.store.find(id))?.status).toBe('cancelled')
  expect((await chat.turns(conversation)).turns.map((turn) => [turn.id, turn.parent])).toEqual([[next.id, null]])
})

test('an answer that was stopped is gone on with; one that is complete is not', async () => {
  await using chat = new ChatApp({ turn: patient })
  const conversation = await chat.start()
  const { id } = await chat.begin(conversation, { query: 'one', model: 'large' })
  await expectProblem(await chat.ask(conversation, { continues: id }), 422, 'invalid_input', /Cancel it first/)
  await until(async () => (await chat.turns(conversation)).turns[0]?.content === 'About one', 'the first words')
  await chat.cancel(id)
  await chat.ended(id)
  const next = await chat.begin(conversation, { continues: id })
  await until(async () => (await chat.turns(conversation)).turns[0]?.content === 'About oneAbout one', 'the words again')
  expect((await chat.turns(conversation)).turns).toMatchObject([{ id: next.id, continues: id, query: 'one', model: 'large', parent: null }])
  await chat.cancel(next.id)
  await chat.ended(next.id)
  const whole = await chat.answered(conversation, 'quick')
  await expectProblem(await chat.ask(conversation, { continues: whole }), 422, 'invalid_input', /complete/)
  await expectProblem(await chat.ask(conversation, { continues: id, query: 'two' }), 422, 'invalid_input', /same question/)
})

test.each([
  [{}, /query/], [{ query: '' }, /query/], [{ query: 7 }, /query/], [{ query: 'x', parent: 7 }, /parent/], [{ query: 'x', parent: 'nothing' }, /parent/],
  [{ supersedes: 'A'.repeat(22) }, /supersedes/], [{ continues: `${'A'.repeat(22)}.${'A'.repeat(22)}` }, /continues/], [{ supersedes: 'x', continues: 'x' }, /both/],
  [{ supersedes: 'x', parent: null }, /parent/], [{ query: 'x', model: 5 }, /model/], [{ query: 'x'.repeat(40_000) }, /32000/], [null, /query/], [[], /query/],
])('what cannot be asked is refused, saying why: %j', async (body, why) => {
  await using chat = new ChatApp()
  await expectProblem(await chat.ask(await chat.start(), body), 422, 'invalid_input', why)
})

test('a turn of another conversation is none of this one, and so is whatever else is there', async () => {
  await using chat = new ChatApp()
  const [here, there] = [await chat.start(), await chat.start()]
  const elsewhere = await chat.answered(there, 'one')
  for (const body of [{ query: 'x', parent: elsewhere }, { supersedes: elsewhere }, { continues: elsewhere }, { query: 'x', parent: here }]) {
    await expectProblem(await chat.ask(here, body), 422, 'invalid_input')
  }
})

const steps = fc.array(fc.record({ node: fc.constantFrom(0 as const, 1 as const), key: fc.constantFrom('a', 'b', 'c', null), after: fc.nat(40) }), { minLength: 2, maxLength: 10 })
const fates = fc.array(fc.oneof({ weight: 15, arbitrary: fc.constantFrom<Fate>('ok', 'slow') }, { weight: 1, arbitrary: fc.constant<Fate>('busy') }), { minLength: 1, maxLength: 40 })

test.each<Busy>(['refuse', 'join', 'queue'])('two nodes: never two answers under way, and no key is paid for twice: %s', async (busy) => {
  await fc.assert(fc.asyncProperty(steps, fates, async (asked, fortune) => {
    const real = memory()
    let [underWay, most, at] = [0, 0, 0]
    const paid: string[] = []
    const turn: Turning = async function* ({ query }) {
      paid.push(query)
      most = Math.max(most, (underWay += 1))
      yield query
      await turns(3)
      underWay -= 1
      return null
    }
    const node = (): ChatApp => new ChatApp({ turn, busy, store: faulty(real, { call: () => fortune[(at += 1) % fortune.length] ?? 'ok' }).store })
    const nodes = [node(), node()] as const
    const conversation = await nodes[0].start().catch(() => null)
    if (conversation === null) return
    const replies = await Promise.all(asked.map(async ({ node: n, key, after }, index) => {
      await turns(after)
      return askedUntilTold(nodes[n], conversation, key, index)
    }))
    for (const key of ['a', 'b', 'c']) {
      const ids = new Set(replies.flatMap((reply, index) => (asked[index]?.key === key && reply !== null ? [reply.id] : [])))
      // Who joined another's answer may be told of its own the next time.
      if (busy !== 'join') expect(ids.size).toBeLessThanOrEqual(1)
      expect(paid.filter((query) => query === key).length).toBeLessThanOrEqual(1)
    }
    await until(async () => (await real.list({ kind: 'turn', limit: 100 })).every(({ endedAt }) => endedAt !== null), 'all ends')
    expect(most).toBeLessThanOrEqual(1)
    for (const { server } of nodes) await server.app.close()
  }), { numRuns: 20 })
}, 60_000)

/** Asks again while the store has no time; `null` where it was refused. */
async function askedUntilTold(chat: ChatApp, conversation: string, key: string | null, index: number): Promise<TurnReply | null> {
  for (let tries = 0; tries < 50; tries += 1) {
    const response = await chat.ask(conversation, key ?? `own ${String(index)}`, { Prefer: 'respond-async', ...(key === null ? {} : keyed(key)) })
    if (response.status === 409) return null
    if (response.status < 300) return (await response.json()) as TurnReply
    // Nothing tells whether it was begun: without a key it is not asked again.
    if (key === null) return null
  }
  return null
}
