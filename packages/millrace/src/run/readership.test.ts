import { expect, onTestFinished, test } from 'vitest'
import { memory } from '../store/memory.ts'
import { start } from '../store/testing/fixtures.ts'
import { faulty, turns, until, type Faults } from '../../../../test/support/run/faulty.ts'
import { Office } from '../../../../test/support/run/office.ts'
import { Readership, type Follower } from './readership.ts'

const reading: Follower = { stalled: 0 }
const store = memory()

function readership(faults: Faults = {}): { it: Readership; looks: () => number } {
  let looks = 0
  const line = faulty(store, { call: (name) => {
    if (name === 'touch') looks += 1
    return faults.call?.(name) ?? 'ok'
  } })
  const it = new Readership(line.store, 5)
  onTestFinished(() => it.close())
  return { it, looks: () => looks }
}

test('a run that nobody follows from its start on is told so once, after its grace', async () => {
  const { run } = await start(store)
  const { it, looks } = readership()
  let told = 0
  const begun = performance.now()
  it.watch(run, 60, () => (told += 1))
  await until(() => told === 1, 'it is told')
  expect(performance.now() - begun).toBeGreaterThanOrEqual(60)
  const then = looks()
  await until(() => turns(1).then(() => performance.now() - begun > 120), 'time for more')
  expect([told, looks() - then]).toEqual([1, 0])
})

test.each(['here', 'elsewhere'])('while somebody follows %s nobody is told, and when the last has left it is', async (where) => {
  const { run } = await start(store)
  const { it, looks } = readership()
  const leave = [1, 2].map(() => (where === 'here' ? it : readership().it).follow(run, { ...reading }))
  let told = 0
  it.watch(run, 10, () => (told += 1))
  await until(() => looks() > 8, 'eight looks')
  leave[0]!()
  const then = looks()
  await until(() => looks() > then + 8, 'eight more')
  expect(told).toBe(0)
  leave[1]!()
  await until(() => told === 1, 'it is told')
})

test('one who takes nothing more does not follow', async () => {
  const { run } = await start(store)
  const { it } = readership()
  it.follow(run, { stalled: 60_000 })
  let told = 0
  it.watch(run, 10, () => (told += 1))
  await until(() => told === 1, 'it is told')
})

test('one whose process died is counted no more when its word runs out', async () => {
  const { run } = await start(store)
  const dead = readership()
  dead.it.follow(run, { ...reading })
  await until(() => dead.looks() > 0, 'it is known')
  dead.it.close()
  let told = 0
  readership().it.watch(run, 10, () => (told += 1))
  await until(() => told === 1, 'it is told')
})

test('a store that does not answer makes nobody absent', async () => {
  const { run } = await start(store)
  let busy = true
  const { it, looks } = readership({ call: () => (busy ? 'busy' : 'ok') })
  let told = 0
  it.watch(run, 10, () => (told += 1))
  await until(() => looks() > 8, 'eight looks')
  expect(told).toBe(0)
  busy = false
  await until(() => told === 1, 'it is told')
})

test('work that nobody reads is cancelled, on whichever node its readers are; a kind that does not ask goes on', async () => {
  const office = new Office(memory())
  onTestFinished(() => office.close())
  const forEver = (): Promise<void> => new Promise(() => undefined)
  const runs = { asks: { run: forEver, cancelWhenUnread: 30 }, other: { run: forEver } }
  const [working, serving] = [office.open(runs, { readership: 5 }), office.open(runs, { readership: 5 })]
  const { record } = await working.worker.start('asks', null, { principal: 'ada' })
  const other = await working.worker.start('other', null, { principal: 'ada' })
  const leave = serving.worker.follow(record, { ...reading })
  await until(() => performance.now() > record.createdAt - performance.timeOrigin + 120, 'four times its grace')
  expect((await office.record(record.id)).status).toBe('running')
  leave()
  expect(await office.end(record.id)).toMatchObject({ status: 'cancelled' })
  expect((await office.record(other.record.id)).status).toBe('running')
})
