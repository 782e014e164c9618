import { expect, expectTypeOf, onTestFinished, test, vi } from 'vitest'
import { testApp, type TestApp } from '../../../../test/support/app.ts'
import { Log } from '../../../../test/support/log.ts'
import { Script } from '../../../../test/support/script.ts'
import { epochOf, formatCursor } from '../event/cursor.ts'
import type { Entry } from '../event/run-event.ts'
import type { Run } from '../client/run.ts'
import type { RunHandle } from '../protocol/run-handle.ts'
import { epochAt } from '../run/log.ts'
import type { LocalRun } from './local-run.ts'

const open = ({ app }: TestApp, { run }: Log): Promise<RunHandle> => app.open(run, { principal: 'ada' })

async function cursorAt({ store }: TestApp, { run }: Log, offset: number): Promise<string> {
  return formatCursor({ epoch: epochAt((await store.find(run))!, offset), offset, frame: 0, version: 0 })
}

async function all<T>(source: AsyncIterable<T>): Promise<T[]> {
  const values: T[] = []
  for await (const value of source) values.push(value)
  return values
}

test('near and far, a run is read in the same words', () => {
  expectTypeOf<LocalRun<number>>().toExtend<RunHandle<number>>()
  expectTypeOf<Run<number>>().toExtend<RunHandle<number>>()
})

test('a run that was started here is read to its result, as its snapshot is on the wire', async () => {
  const script = new Script()
  script.say('Hel', 'lo')
  script.end(7)
  await using server = testApp({ runs: { answer: script.kind } })
  const run = await server.app.start('answer', { a: 1 }, { principal: 'ada' })
  let text = ''
  for await (const piece of run.text()) text += piece
  expect(text).toBe('Hello')
  expect(await run.result).toMatchObject({ status: 'completed', text: 'Hello', result: 7 })
  const response = await server.ask(`/runs/${run.id}`, { headers: { Accept: 'application/json' } })
  expect(await run.result).toEqual(await response.json())
})

test('cancel says what became of the run', async () => {
  const script = new Script()
  await using server = testApp({ runs: { answer: script.kind } })
  const run = await server.app.start('answer', null, { principal: 'ada' })
  expect(['running', 'cancelled']).toContain(await run.cancel())
  expect(await run.result).toMatchObject({ status: 'cancelled' })
  expect(await run.cancel()).toBe('cancelled')
})

test('follow goes on after a cursor, also one that is newer than the handle', async () => {
  await using server = testApp()
  const log = await Log.begin(server.store)
  const run = await open(server, log)
  await log.say('a', 'b')
  await log.end()
  const whole = await all(run.follow())
  for (const { offset } of whole) {
    expect(await all(run.follow({ after: await cursorAt(server, log, offset) }))).toEqual(whole.slice(offset))
  }
  expect(await all(run.follow({ after: '' }))).toEqual(whole)
})

test('batches are the entries of follow, and each says where to go on', async () => {
  await using server = testApp()
  const log = await Log.begin(server.store)
  const run = await open(server, log)
  await log.say('a', 'b')
  await log.end()
  const whole = await all(run.follow())
  const source = run.batches()
  expect(source.cursor).toBe('')
  const entries: Entry[] = []
  for await (const batch of source) {
    expect(batch).not.toEqual([])
    entries.push(...batch)
    expect((await all(run.batches({ after: source.cursor }))).flat()).toEqual(whole.slice(entries.length))
  }
  expect(entries).toEqual(whole)
})

test('a cursor of another log is a reset, and one that is none is refused at once', async () => {
  await using server = testApp()
  const log = await Log.begin(server.store)
  const run = await open(server, log)
  await expect(run.follow({ after: `${epochOf('f'.repeat(32))}-1` }).next()).rejects.toMatchObject({ code: 'reset' })
  for (const after of ['x', '12', `${await cursorAt(server, log, 1)}.1-1`]) {
    expect(() => run.follow({ after })).toThrow(expect.objectContaining({ code: 'invalid_cursor' }))
  }
})

test('follow leaves when its signal aborts, also while nothing comes', async () => {
  await using server = testApp()
  const log = await Log.begin(server.store)
  const run = await open(server, log)
  const leaving = new AbortController()
  const entries = run.follow({ signal: leaving.signal })
  expect(await entries.next()).toMatchObject({ value: { type: 'start' } })
  const next = entries.next()
  leaving.abort(new Error('enough'))
  await expect(next).rejects.toThrow('enough')
  await expect(run.follow({ signal: leaving.signal }).next()).rejects.toThrow('enough')
})

test('text that was given out cannot be taken back when the run begins anew', async () => {
  await using server = testApp()
  const log = await Log.begin(server.store)
  await log.say('a')
  const text = (await open(server, log)).text()
  expect(await text.next()).toEqual({ done: false, value: 'a' })
  await log.takeOver()
  await log.beginAnew(2)
  await expect(text.next()).rejects.toMatchObject({ code: 'reset' })
})

test('text of a run that began anew before it is asked for is the new attempt’s', async () => {
  await using server = testApp()
  const log = await Log.begin(server.store)
  await log.say('a')
  await log.takeOver()
  await log.beginAnew(2)
  await log.say('b', 'c')
  const text = (await open(server, log)).text()
  expect(await text.next()).toEqual({ done: false, value: 'bc' })
  await log.say('d')
  await log.end()
  expect(await all(text)).toEqual(['d'])
})

test('a result that nobody awaits ends no process, and can be asked for again', async () => {
  const unhandled: unknown[] = []
  const listener = (error: unknown): void => void unhandled.push(error)
  process.on('unhandledRejection', listener)
  onTestFinished(() => void process.off('unhandledRejection', listener))
  await using server = testApp()
  const log = await Log.begin(server.store)
  const run = await open(server, log)
  const find = vi.spyOn(server.store, 'find').mockRejectedValueOnce(new Error('not now'))
  void run.result
  await new Promise((resolve) => setImmediate(resolve))
  expect(find).toHaveBeenCalledOnce()
  expect(unhandled).toEqual([])
  await log.end()
  expect(await run.result).toMatchObject({ status: 'completed' })
})
