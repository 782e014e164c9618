import { afterEach, beforeEach, expect, test } from 'vitest'
import { PublicError } from '../event/error.ts'
import { until } from '../../../../test/support/run/faulty.ts'
import { Office } from '../../../../test/support/run/office.ts'
import { defineRun, type AnyRunDefinition } from './define.ts'
import type { EndedRun } from './outcome.ts'

let office: Office
beforeEach(() => {
  office = new Office()
})
afterEach(() => office.close())

const ada = { principal: 'ada' }
type Asked = 'well' | 'badly' | 'on and on'

function telling(onEnd: (ended: EndedRun<Asked>) => void | Promise<void>): AnyRunDefinition {
  return defineRun<Asked>({
    onEnd,
    async *run({ input, signal }) {
      yield 'It goes '
      yield input
      if (input === 'badly') throw new PublicError('bad', 'It went badly.')
      if (input === 'on and on') await new Promise((resolve) => signal.addEventListener('abort', resolve))
      return 'ended'
    },
  })
}

async function isPacked(run: string): Promise<boolean> {
  const { sealedTo, tail, endedAt } = await office.record(run)
  return endedAt !== null && sealedTo === tail
}

test('whoever keeps answers elsewhere is told of every end, once, and before the log is packed', async () => {
  const told: EndedRun<Asked>[] = []
  const packed: boolean[] = []
  const { worker } = office.open({ it: telling(async (ended) => {
    told.push(ended)
    packed.push(await isPacked(ended.run))
  }) })
  const start = async (input: Asked): Promise<string> => (await worker.start('it', input, ada)).record.id
  const [well, badly, cancelled] = [await start('well'), await start('badly'), await start('on and on')]
  await worker.cancel(cancelled)
  await until(async () => (await Promise.all([well, badly, cancelled].map(isPacked))).every(Boolean), 'all packed')
  const of = (run: string): unknown => told.filter((ended) => ended.run === run)
  expect(of(well)).toMatchObject([{ principal: 'ada', kind: 'it', input: 'well', status: 'completed', text: 'It goes well', result: 'ended' }])
  expect(of(badly)).toMatchObject([{ status: 'failed', text: 'It goes badly', error: { code: 'bad' } }])
  expect(of(cancelled)).toMatchObject([{ status: 'cancelled' }])
  const { createdAt, endedAt } = await office.record(well)
  expect(of(well)).toMatchObject([{ createdAt, endedAt }])
  expect(packed).toEqual([false, false, false])
})

test('what fails is tried again, and keeps no other log from being packed', async () => {
  let tries = 0
  const desk = office.open({
    it: telling(() => {
      tries += 1
      if (tries === 1) throw new Error('no database')
    }),
    plain: { run: () => Promise.resolve(1) },
  })
  const { record } = await desk.worker.start('it', 'well', ada)
  await until(() => tries === 1, 'the first try')
  const { record: other } = await desk.worker.start('plain', null, ada)
  await until(() => isPacked(other.id), 'the other log')
  expect(await isPacked(record.id)).toBe(false)
  await until(() => isPacked(record.id), 'the second try')
  expect(tries).toBe(2)
  expect(desk.logged).toMatchObject([{ details: { run: record.id, kind: 'it' } }])
})

test('a process that is killed right after the end, or in the call, leaves it to another one', async () => {
  const told: string[] = []
  const kind = telling(({ run }) => void told.push(run))
  let end = false
  const first = office.open({ it: kind }, {}, { append: (write) => {
    if (write.end !== undefined) queueMicrotask(() => office.kill(first))
    end ||= write.end !== undefined
    return 'ok'
  } })
  const { record } = await first.worker.start('it', 'well', ada)
  await until(() => end, 'the end')
  let called = false
  const second = office.open({ it: telling(() => {
    called = true
    office.kill(second)
    return new Promise(() => undefined)
  }) }, { sealing: 20 })
  await until(() => called, 'the call in which the second is killed')
  expect([told, await isPacked(record.id)]).toEqual([[], false])
  office.open({ it: kind }, { sealing: 20 })
  await until(() => isPacked(record.id), 'the third')
  expect(told).toEqual([record.id])
})

test('a process that does not know the kind leaves its log as it is', async () => {
  const told: string[] = []
  const first = office.open({ it: telling(() => {
    throw new Error('no database')
  }) })
  const { record } = await first.worker.start('it', 'well', ada)
  await until(() => first.logged.length > 0, 'the end')
  office.kill(first)
  let looks = 0
  office.open({ other: { run: () => Promise.resolve() } }, { sealing: 20 }, { call: (name) => (name === 'list' && (looks += 1) > 0 ? 'ok' : 'ok') })
  await until(() => looks > 6, 'some looks')
  expect(await isPacked(record.id)).toBe(false)
  office.open({ it: telling(({ run }) => void told.push(run)) }, { sealing: 20 })
  await until(() => isPacked(record.id), 'who knows it')
  expect(told).toEqual([record.id])
})

test('what is under way in one process is left to it by another that has only just seen it', async () => {
  let calls = 0
  let go = (): void => undefined
  const gate = new Promise<void>((resolve) => (go = resolve))
  const kind = telling(() => {
    calls += 1
    return gate
  })
  const { record } = await office.open({ it: kind }).worker.start('it', 'well', ada)
  await until(() => calls === 1, 'the call')
  let looks = 0
  office.open({ it: kind }, {}, { call: (name) => (name === 'list' && (looks += 1) > 0 ? 'ok' : 'ok') })
  await until(() => looks > 2, 'its first look')
  expect(calls).toBe(1)
  go()
  await until(() => isPacked(record.id), 'the end of the call')
  expect(calls).toBe(1)
})

test('of a run that was deleted nobody is told any more', async () => {
  let tries = 0
  const desk = office.open({ it: telling(() => {
    tries += 1
    throw new Error('no database')
  }) }, {}, {})
  const { record } = await desk.worker.start('it', 'well', ada)
  await until(() => tries === 1, 'the first try')
  await office.real.delete(record.id)
  const { record: next } = await desk.worker.start('it', 'well', ada)
  await until(() => tries >= 3, 'two tries of the other one')
  expect(desk.logged.filter(({ details }) => details['run'] === record.id)).toHaveLength(1)
  await office.real.delete(next.id)
})

test('a process that closes waits for a call under way, and leaves what failed to others', async () => {
  let go = (): void => undefined
  const gate = new Promise<void>((resolve) => (go = resolve))
  let called = false
  const desk = office.open({ it: telling(() => {
    called = true
    return gate
  }) })
  const { record } = await desk.worker.start('it', 'well', ada)
  await until(() => called, 'the call')
  const closed = desk.worker.close()
  go()
  await closed
  expect(await isPacked(record.id)).toBe(true)
})

test('one that hangs keeps nobody else waiting, is called again, and counts if it comes back after all', async () => {
  const called: string[] = []
  const comeBack: (() => void)[] = []
  const desk = office.open({
    it: telling(async ({ run }) => {
      called.push(run)
      if (called.length <= 16) await new Promise<void>((resolve) => comeBack.push(resolve))
    }),
  }, { sealing: 100 })
  const runs: string[] = []
  for (let n = 0; n < 17; n += 1) runs.push((await desk.worker.start('it', 'well', ada)).record.id)
  await until(() => new Set(called).size === 17, 'the one behind those that hang')
  await until(async () => (await Promise.all(runs.map(isPacked))).every(Boolean), 'the calls after those that hang')
  for (const resolve of comeBack) resolve()
  expect(desk.logged.filter(({ message }) => message.startsWith('`onEnd` failed')).length).toBeGreaterThanOrEqual(16)
})

test('what comes back late counts, and is not called again', async () => {
  let calls = 0
  let comeBack = (): void => undefined
  const desk = office.open({ it: telling(() => {
    calls += 1
    return new Promise<void>((resolve) => (comeBack = resolve))
  }) }, { sealing: 50 })
  const { record } = await desk.worker.start('it', 'well', ada)
  await until(() => desk.logged.length > 0, 'its being given up')
  comeBack()
  await until(() => isPacked(record.id), 'its being packed')
  expect(calls).toBe(1)
})
