import { afterEach, beforeEach, expect, test } from 'vitest'
import { until } from '../../../../test/support/run/faulty.ts'
import { Office } from '../../../../test/support/run/office.ts'
import { memory } from '../store/memory.ts'
import { defineRun, type AnyRunDefinition } from './define.ts'

let office: Office
/** How far the store's clock is ahead of the process's. */
let ahead: number
beforeEach(() => {
  ahead = 0
  office = new Office(memory({ clock: () => Date.now() + ahead }))
})
afterEach(() => office.close())

const ada = { principal: 'ada' }
const timeout = { status: 'failed', error: { code: 'timeout' } }
const never = (): Promise<never> => new Promise(() => undefined)

/** Says a word, and then nothing for ever: it hears no signal. */
function deaf(timeLimit: number, recover: 'fail' | 'resume' = 'fail', signals: AbortSignal[] = []): AnyRunDefinition {
  return defineRun({
    timeLimit, recover,
    async *run({ signal, attempt }) {
      signals.push(signal)
      yield `word ${String(attempt)} `
      await never()
    },
  })
}

/** Asks, and waits for the answer. */
function asking(timeLimit: number): AnyRunDefinition {
  return defineRun({
    timeLimit, signals: { input: (value: unknown) => value },
    async *run({ signals }) {
      yield 'Well? '
      await signals.next()
      return 'answered'
    },
  })
}

test('a run that takes too long fails as `timeout`, also where its handler ignores the signal it is given', async () => {
  const signals: AbortSignal[] = []
  const desk = office.open({ it: deaf(300, 'fail', signals) })
  const { record } = await desk.worker.start('it', null, ada)
  expect(await office.end(record.id)).toMatchObject(timeout)
  expect(await office.text(record.id)).toBe('word 1 ')
  expect(signals.map(({ aborted }) => aborted)).toEqual([true])
  expect(desk.logged).toEqual([])
})

test('who is done, or cancelled, in time is not', async () => {
  const quick = defineRun({ timeLimit: 60_000, run: () => Promise.resolve('done') })
  const desk = office.open({ quick, it: deaf(60_000) })
  const done = await desk.worker.start('quick', null, ada)
  expect(await office.end(done.record.id)).toMatchObject({ status: 'completed', result: 'done' })
  const cancelled = await desk.worker.start('it', null, ada)
  await desk.worker.cancel(cancelled.record.id)
  expect(await office.end(cancelled.record.id)).toMatchObject({ status: 'cancelled' })
})

test('the time counts from the start, across takeovers, by the store’s clock alone', async () => {
  ahead = 3_600_000
  const first = office.open({ it: deaf(10_000, 'resume') })
  const { record } = await first.worker.start('it', null, ada)
  await until(async () => (await office.text(record.id)) !== '', 'it works')
  office.kill(first)
  ahead += 5_000
  const second = office.open({ it: deaf(10_000, 'resume') })
  await until(async () => (await office.text(record.id)).includes('word 2'), 'it is taken over, half its time gone')
  expect((await office.record(record.id)).status).toBe('running')
  office.kill(second)
  ahead += 6_000
  office.open({ it: deaf(10_000, 'resume') })
  expect(await office.end(record.id)).toMatchObject(timeout)
  expect(await office.text(record.id)).toBe('word 1 word 2 ')
})

test('a run nobody had begun with in its time is not begun', async () => {
  const { record } = await office.real.create('A'.repeat(22), {
    kind: 'it', principal: 'ada', title: '', input: 'null', digest: '', policy: { retention: 1e9, tombstone: 1e9 },
    start: new TextEncoder().encode('{"type":"start","run":"x","kind":"it"}'), nonce: '0'.repeat(32), ttl: 0,
  })
  ahead = 2_000
  office.open({ it: deaf(1_000) })
  expect(await office.end(record.id)).toMatchObject(timeout)
  expect(await office.text(record.id)).toBe('')
})

test.each(['here', 'elsewhere', 'after a hand-over'])('a run that waits for a signal fails when its time is over: %s', async (where) => {
  const patience = where === 'elsewhere' ? 1 : 60_000
  const desk = office.open({ it: asking(where === 'here' ? 300 : 20_000) }, { patience })
  const { record } = await desk.worker.start('it', null, ada)
  if (where !== 'here') {
    await until(async () => (await office.text(record.id)) !== '', 'it asks')
    if (where === 'after a hand-over') await desk.worker.close()
    await until(async () => (await office.record(record.id)).status === 'waiting', 'it waits')
    if (where === 'elsewhere') office.kill(desk)
    office.open({ it: asking(20_000) })
    ahead = 21_000
  }
  expect(await office.end(record.id)).toMatchObject(timeout)
  expect((await office.record(record.id)).losses).toBe(0)
})
