import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { MillraceError } from '../event/error.ts'
import { memory } from '../store/memory.ts'
import type { RunId, Store } from '../store/store.ts'
import { createOptions, entriesIn, idPart, joined, newNonce, startEnded } from '../store/testing/fixtures.ts'
import { faulty, turns, until } from '../../../../test/support/run/faulty.ts'
import { logOf } from '../../../../test/support/run/logs.ts'
import { Office } from '../../../../test/support/run/office.ts'
import type { AnyRunDefinition } from './define.ts'
import { ROLL_SIZE, rollRun, sealRun } from './sealer.ts'
import { Sealing } from './sealing.ts'

const encoder = new TextEncoder()
const silent = { warn: () => undefined, error: () => undefined }

/** A running run with these lines, one a write. */
async function growing(store: Store, lines: readonly string[]): Promise<RunId> {
  const run = idPart()
  const { lease } = await store.create(run, createOptions(run, { start: encoder.encode(lines[0]), ttl: 1e9 }))
  for (const [index, line] of lines.slice(1).entries()) {
    await store.append(run, lease!, { after: index + 1, bytes: encoder.encode(line), count: 1 })
  }
  return run
}

/** Long enough that what is said of it without a pause is packed before it has ended, joined as it is. */
const PHRASE = 'a word of some length, and some more of them, '

const words = logOf(Array.from({ length: 4_000 }, (_, n) => `word${String(n % 7)} `), false)

test('all but the newest rows of a growing log are packed, and it tells the same', async () => {
  const store = memory()
  const run = await growing(store, words)
  const before = joined(await entriesIn(store, run))
  const outline = await rollRun(store, run, null)
  const { batches, record } = await store.read(run, 0, 1e9)
  expect(joined(await entriesIn(store, run))).toEqual(before)
  const rows = batches.filter((batch) => batch.head === null)
  const left = rows.reduce((size, row) => size + row.bytes.length, 0)
  expect(left).toBeGreaterThan(0)
  expect(left).toBeLessThanOrEqual(ROLL_SIZE)
  expect(batches.length - rows.length).toBeLessThan(10)
  expect(outline?.offset).toBe(record.sealedTo)
})

test('every row is packed once however often a growing log is looked at', async () => {
  const store = memory()
  const run = await growing(store, words)
  const sealed: (readonly [number, number])[] = []
  const watched = { ...faulty(store).store, seal: (...[of, seal]: Parameters<Store['seal']>) => {
    sealed.push([seal.segments[0]?.first ?? 0, seal.segments.at(-1)?.last ?? 0])
    return store.seal(of, seal)
  } }
  const outline = await rollRun(watched, run, null)
  await rollRun(watched, run, outline)
  await rollRun(watched, run, null)
  expect(sealed.map(([first]) => first)).toEqual([1, ...sealed.slice(0, -1).map(([, last]) => last + 1)])
})

test('two processes that pack one growing log leave it whole', async () => {
  const store = memory()
  const run = await growing(store, words)
  const before = joined(await entriesIn(store, run))
  await Promise.all([rollRun(store, run, null), rollRun(faulty(store, { call: () => 'slow' }).store, run, null), sealRun(store, run)])
  await rollRun(store, run, null)
  expect(joined(await entriesIn(store, run))).toEqual(before)
})

let office: Office
beforeEach(() => {
  office = new Office()
})
afterEach(() => office.close())

/** Says `count` words, then waits until it is told to end. */
function talkative(count: number): { readonly kind: AnyRunDefinition; readonly end: () => void } {
  let end = (): void => undefined
  const told = new Promise<void>((resolve) => (end = resolve))
  return {
    kind: {
      async *run() {
        for (let n = 0; n < count; n += 1) {
          yield PHRASE
          if (n % 100 === 0) await turns(1)
        }
        await told
      },
    },
    end: () => end(),
  }
}

test('the process that writes a run packs it as it grows, and the rest at its end', async () => {
  const { kind, end } = talkative(5_000)
  const { worker } = office.open({ kind })
  const { record: { id } } = await worker.start('kind', null, { principal: 'ada' })
  await until(async () => (await office.record(id)).sealedTo > 3_000, 'the rolling seal')
  expect((await office.record(id)).status).toBe('running')
  end()
  await office.end(id)
  await until(async () => (await office.record(id)).sealedTo === (await office.record(id)).tail, 'the last seal')
  expect(await office.text(id)).toBe(PHRASE.repeat(5_000))
  const { batches } = await office.real.read(id, 0, 1e9)
  expect(batches.length).toBeLessThan(5)
})

test('many runs that grow at once are packed one at a time', async () => {
  const { kind, end } = talkative(3_000)
  let [sealing, most, seals] = [0, 0, 0]
  const real = memory()
  const narrow: Store = { ...faulty(real).store, seal: async (...of) => {
    most = Math.max(most, ++sealing)
    seals += 1
    await turns(2)
    await real.seal(...of)
    sealing -= 1
  } }
  const crowd = new Office(narrow)
  const { worker } = crowd.open({ kind })
  const started = await Promise.all(Array.from({ length: 20 }, () => worker.start('kind', null, { principal: 'ada' })))
  await until(async () => (await Promise.all(started.map(({ record }) => crowd.record(record.id)))).every((record) => record.sealedTo > 1), 'all of them')
  expect([most, seals >= 20]).toEqual([1, true])
  end()
  await crowd.close()
})

test('a store that is busy with other things delays packing, and nothing else', async () => {
  const { kind, end } = talkative(5_000)
  let seals = 0
  const desk = office.open({ kind }, {}, { call: (name) => (name === 'seal' && (seals += 1) > 0 ? 'busy' : 'ok') })
  const { record: { id } } = await desk.worker.start('kind', null, { principal: 'ada' })
  await until(() => desk.logged.length > 0, 'a failed seal')
  // It rests now: looks at the run go on, and none of them leads to another try.
  const tail = (await office.record(id)).tail
  await until(async () => (await office.record(id)).tail >= Math.max(tail, 5_002), 'the words')
  expect(seals).toBe(1)
  end()
  expect((await office.end(id)).status).toBe('completed')
})

test('logs that cannot be packed hide none that can', async () => {
  const real = memory()
  const ended = await Promise.all(Array.from({ length: 40 }, () => startEnded(real)))
  const broken = new Set(ended.map(({ run }) => run))
  const store: Store = { ...faulty(real).store, read: (...of) => (broken.has(of[0]) ? Promise.reject(new MillraceError('store_corrupt', 'broken')) : real.read(...of)) }
  const { run } = await startEnded(real)
  const sealing = new Sealing({ store, runs: { answer: { run: () => Promise.resolve() } }, logger: silent, interval: 10_000 })
  await until(async () => {
    await sealing.look()
    return (await real.find(run))?.sealedTo === (await real.find(run))?.tail
  }, 'the sound one')
  await sealing.close()
})

test('a run that another process goes on with is packed there, from where it had got to', async () => {
  const store = memory()
  const run = await growing(store, words)
  await rollRun(store, run, null)
  const before = await store.find(run)
  const taken = await store.acquire(run, newNonce(), 1e9, { revoke: true })
  let { tail } = taken!.record
  const more = words.slice(2, 1_500)
  for (const line of more) tail = (await store.append(run, taken!.lease, { after: tail, bytes: encoder.encode(line), count: 1 })).tail
  const plain = joined(await entriesIn(store, run))
  await rollRun(store, run, null)
  const after = await store.find(run)
  expect(after?.sealedTo).toBeGreaterThan(before!.sealedTo)
  const { batches } = await store.read(run, 0, 1e9)
  for (const batch of batches) expect([batch.first, batch.last].map((offset) => (offset < after!.epochs[1]!.from ? 0 : 1))).toEqual(batch.epoch === after!.epochs[0]!.epoch ? [0, 0] : [1, 1])
  expect(joined(await entriesIn(store, run))).toEqual(plain)
})

test('a store that does not answer keeps no process from closing, and what was left is not begun', async () => {
  vi.useFakeTimers()
  try {
    const asked: RunId[] = []
    let answer = (): void => undefined
    const find: Store['find'] = (run) => {
      asked.push(run)
      return new Promise((resolve) => (answer = () => resolve(null)))
    }
    const sealing = new Sealing({ store: { ...faulty(memory()).store, find }, runs: {}, logger: silent, interval: 10_000 })
    sealing.over('one')
    sealing.over('two')
    const closed = sealing.close()
    await vi.advanceTimersByTimeAsync(60_000)
    await closed
    answer()
    await vi.advanceTimersByTimeAsync(60_000)
    expect(asked).toEqual(['one'])
  } finally {
    vi.useRealTimers()
  }
})
