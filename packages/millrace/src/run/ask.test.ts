import fc from 'fast-check'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { z } from 'zod'
import { turns, until } from '../../../../test/support/run/faulty.ts'
import { kills, openDoomed } from '../../../../test/support/run/kills.ts'
import { Office, type Desk } from '../../../../test/support/run/office.ts'
import type { AnswerEvent, AskEvent, Entry } from '../event/run-event.ts'
import { SnapshotFold } from '../event/snapshot.ts'
import { defineRun, type AnyRunDefinition, type Recovery } from './define.ts'

let office: Office
beforeEach(() => {
  office = new Office()
})
afterEach(() => office.close())

const ada = { principal: 'ada' }
const NAMES = ['a', 'b', 'c', 'd']
const anything = (value: unknown): unknown => value

/** Asks one after another, and says and returns what it was told; in between it takes a note. */
function asking(recover: Recovery): AnyRunDefinition {
  return defineRun({
    recover,
    attempts: 50,
    signals: { approval: z.object({ approved: z.boolean(), by: z.string().default('nobody') }), note: anything },
    async *run({ ask, signals, resumed, checkpoint }) {
      const told = [...((resumed?.checkpoint?.data ?? []) as string[])]
      for (const name of NAMES) {
        const { approved, by } = await ask({ id: name, signal: 'approval', call: `call_${name}`, message: `May I ${name}?` })
        if (told.some((one) => one.startsWith(name))) continue
        const note = await signals.poll()
        if (note) yield { type: 'noted', data: String(note.data) }
        told.push(`${name} ${String(approved)} ${by}`)
        yield told.at(-1)!
        checkpoint(told)
      }
      return told
    },
  })
}

async function started(desk: Desk): Promise<string> {
  return (await desk.worker.start('it', null, ada)).record.id
}

async function said<T extends Entry['type']>(run: string, type: T): Promise<Extract<Entry, { type: T }>[]> {
  return (await office.entries(run)).filter((entry): entry is Extract<Entry, { type: T }> => entry.type === type)
}

const asks = (run: string): Promise<(Entry & AskEvent)[]> => said(run, 'ask')
const answers = (run: string): Promise<(Entry & AnswerEvent)[]> => said(run, 'answer')

async function openAsks(run: string): Promise<string[]> {
  const fold = new SnapshotFold()
  for (const entry of await office.entries(run)) fold.add(entry)
  return (fold.value().asks ?? []).map(({ id }) => id)
}

/** Answers whatever is asked, from two devices at once, until the run has its end or `isOver`. */
async function answerAll(run: string, isOver: () => boolean = () => false): Promise<void> {
  await until(async () => {
    for (const id of await openAsks(run)) {
      const answer = (by: string): Promise<unknown> => office.real.signal(run, { id, type: 'approval', data: JSON.stringify({ approved: id !== 'b', by }) })
      await answer('phone')
      await answer('desk')
    }
    return isOver() || (await office.record(run)).endedAt !== null
  }, 'all is answered')
}

const ALL = ['a true phone', 'b false phone', 'c true phone', 'd true phone']

test('a run asks, shows what it asks, and goes on with the first answer', async () => {
  const desk = office.open({ it: asking('fail') }, { lease: 600_000 })
  const run = await started(desk)
  await until(async () => (await openAsks(run)).length === 1, 'the first question')
  expect((await asks(run))[0]).toMatchObject({ id: 'a', signal: 'approval', call: 'call_a', message: 'May I a?' })
  await answerAll(run)
  expect(await office.end(run)).toMatchObject({ status: 'completed', result: ALL })
  expect((await answers(run)).map(({ id, approved, data }) => ({ id, approved, data }))).toEqual(
    NAMES.map((id) => ({ id, approved: id !== 'b', data: { approved: id !== 'b', by: 'phone' } })))
  expect(await openAsks(run)).toEqual([])
})

test.each(['resume', 'restart'] as const)('killed at any points, before or after a commit, a run asks each question once and keeps its answer: %s', async (recover) => {
  await fc.assert(fc.asyncProperty(kills(7), fc.boolean(), async (fates, rests) => {
    await office.close()
    office = new Office()
    const runs = { it: asking(recover) }
    let run = ''
    for (const [index, fate] of fates.entries()) {
      const desk = openDoomed(office, runs, fate, rests ? { patience: 0 } : {})
      if (index === 0) run = await started(desk)
      await office.real.signal(run, { id: `note${String(index)}`, type: 'note', data: `"note${String(index)}"` })
      await answerAll(run, desk.isDead)
    }
    office.open(runs, { lease: 60 })
    await answerAll(run)
    expect(await office.end(run)).toMatchObject({ status: 'completed', result: ALL })
    const entries = await office.entries(run)
    const attempt = entries.slice(entries.findLastIndex(({ type }) => type === 'attempt') + 1)
    const asked = attempt.flatMap((entry) => (entry.type === 'ask' ? [entry.id] : []))
    const told = attempt.flatMap((entry) => (entry.type === 'answer' ? [`${entry.id} ${JSON.stringify(entry.data)}`] : []))
    // What begins anew may know an answer before it asks again.
    expect(recover === 'resume' ? asked : asked.sort()).toEqual(NAMES)
    expect(recover === 'resume' ? told : told.sort()).toEqual(NAMES.map((id) => `${id} ${JSON.stringify({ approved: id !== 'b', by: 'phone' })}`))
    // In the order they came, each once: those before an answer were not lost by it.
    const notes = (entries as readonly { readonly type: string; readonly data?: unknown }[]).flatMap(({ type, data }) => (type === 'noted' ? [data] : []))
    expect(notes).toEqual([...new Set(notes)])
    expect(notes).toEqual(fates.map((_, index) => `note${String(index)}`).slice(0, notes.length))
  }), { numRuns: 12 })
}, 60_000)

async function answer(run: string, id: string, data: unknown, type = 'approval'): Promise<void> {
  await office.real.signal(run, { id, type, data: JSON.stringify(data) })
}

/** One kind whose handler only asks. */
function kindOf(work: (context: Parameters<Exclude<typeof PLAIN.run, 'elsewhere'>>[0]) => Promise<unknown>, more: Partial<AnyRunDefinition> = {}): AnyRunDefinition {
  return { ...PLAIN, run: work, ...more }
}
const PLAIN = defineRun({ signals: { approval: anything, note: anything }, run: () => Promise.resolve() })

test('several questions may be open at once, and are answered in any order', async () => {
  const desk = office.open({ it: kindOf(({ ask }) => Promise.all(NAMES.map((id) => ask({ id, signal: 'approval' })))) }, { lease: 600_000 })
  const run = await started(desk)
  await until(async () => (await openAsks(run)).length === 4, 'the questions')
  for (const [n, id] of [...NAMES.entries()].reverse()) {
    await answer(run, id, n)
    await until(async () => !(await openAsks(run)).includes(id), 'its answer')
  }
  expect(await office.end(run)).toMatchObject({ result: [0, 1, 2, 3] })
})

test('who asks again under the same id asks nothing new', async () => {
  const desk = office.open({ it: kindOf(async ({ ask }) => [
    ...(await Promise.all([ask({ id: 'a', signal: 'approval' }), ask({ id: 'a', signal: 'approval' })])), await ask({ id: 'a', signal: 'approval' }),
  ]) }, { lease: 600_000 })
  const run = await started(desk)
  await answer(run, 'a', 'yes')
  expect(await office.end(run)).toMatchObject({ result: ['yes', 'yes', 'yes'] })
  expect([(await asks(run)).length, (await answers(run)).length]).toEqual([1, 1])
})

test('an answer passes what came before it, which is taken afterwards, also by a successor, once', async () => {
  let isFirst = true
  const kind = kindOf(async ({ ask, signals }) => {
    const told = await ask({ id: 'a', signal: 'approval' })
    if (isFirst) await new Promise(() => undefined)
    return [told, (await signals.next()).value.data, await signals.poll(), (await signals.next()).value.data]
  }, { recover: 'resume' })
  const desk = office.open({ it: kind })
  const run = await started(desk)
  await answer(run, 'before', 'first', 'note')
  await answer(run, 'a', 'yes')
  await until(async () => (await answers(run)).length === 1, 'the answer')
  office.kill(desk)
  isFirst = false
  office.open({ it: kind })
  await until(async () => (await office.record(run)).fence === 2, 'the takeover')
  await turns(5)
  await answer(run, 'after', 'second', 'note')
  expect(await office.end(run)).toMatchObject({ result: ['yes', 'first', null, 'second'] })
  expect([(await asks(run)).length, (await answers(run)).length]).toEqual([1, 1])
})

test('an answer that nobody asks for yet keeps no signal behind it from being done with', async () => {
  const kind = kindOf(async ({ ask, signals, attempt }) => {
    const note = attempt === 1 ? null : await signals.poll()
    // A question takes as much as any word does: the note is done with.
    if (attempt === 2) await ask({ id: 'b', signal: 'approval' })
    return [note, await ask({ id: 'a', signal: 'approval' })]
  }, { recover: 'resume' })
  const first = office.open({ it: kind })
  const run = await started(first)
  await until(async () => (await openAsks(run)).length === 1, 'the question')
  office.kill(first)
  await answer(run, 'a', 'yes')
  await answer(run, 'behind', 'a note', 'note')
  const second = office.open({ it: kind })
  await until(async () => (await openAsks(run)).includes('b'), 'the next question')
  office.kill(second)
  office.open({ it: kind })
  expect(await office.end(run)).toMatchObject({ result: [null, 'yes'] })
  expect([(await asks(run)).length, (await answers(run)).length]).toEqual([2, 1])
})

test('an answer is for who asked, and no other signal is an answer', async () => {
  const desk = office.open({ it: kindOf(async ({ ask, signals }) => {
    const asked = ask({ id: 'a', signal: 'approval' })
    return [(await signals.next()).value.id, (await signals.next()).value.id, await asked]
  }) }, { lease: 600_000 })
  const run = await started(desk)
  await answer(run, 'other', 'no')
  await answer(run, 'b', 'yes')
  await answer(run, 'a', 'yes')
  expect(await office.end(run)).toMatchObject({ result: ['other', 'b', 'yes'] })
})

test('a question shows while nobody works on its run, and one that nobody answers ends with its time', async () => {
  const desk = office.open({ it: kindOf(({ ask }) => ask({ id: 'a', signal: 'approval' }), { timeLimit: 400 }) }, { patience: 0 })
  const run = await started(desk)
  await until(async () => (await office.record(run)).status === 'waiting', 'it waits')
  expect(await openAsks(run)).toEqual(['a'])
  expect(await office.end(run)).toMatchObject({ status: 'failed', error: { code: 'timeout' } })
  expect(await openAsks(run)).toEqual([])
})

test('an answer that a newer version no longer takes is an error of who asks', async () => {
  const old = office.open({ it: kindOf(({ ask }) => ask({ id: 'a', signal: 'approval' })) }, { patience: 0 })
  const run = await started(old)
  await until(async () => (await office.record(run)).status === 'waiting', 'it waits')
  await old.worker.close()
  await answer(run, 'a', 'yes')
  office.open({ it: kindOf(({ ask }) => ask({ id: 'a', signal: 'approval' }).catch((error: unknown) => (error as { code: string }).code),
    { signals: { approval: z.number() } }) })
  expect(await office.end(run)).toMatchObject({ result: 'invalid_input' })
  expect(await answers(run)).toEqual([])
})

test.each([
  ['an id that no signal can have', { id: 'a b', signal: 'approval' as const }],
  ['a signal that the kind does not take', { id: 'a', signal: 'input' as 'approval' }],
])('what nobody could answer is not asked: %s', async (_what, question) => {
  const desk = office.open({ it: kindOf(({ ask }) => ask(question).catch((error: unknown) => (error as { code: string }).code)) })
  const run = await started(desk)
  expect(await office.end(run)).toMatchObject({ result: 'invalid_event' })
  expect(await asks(run)).toEqual([])
})

test('cancel ends a run that asks', async () => {
  const desk = office.open({ it: asking('fail') }, { lease: 600_000 })
  const run = await started(desk)
  await until(async () => (await openAsks(run)).length === 1, 'the question')
  await desk.worker.cancel(run)
  expect(await office.end(run)).toMatchObject({ status: 'cancelled' })
})
