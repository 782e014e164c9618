import fc from 'fast-check'
import { expect, test } from 'vitest'
import { MillraceError } from '../event/error.ts'
import { memory } from '../store/memory.ts'
import type { Lease, Signal, Store } from '../store/store.ts'
import { entriesIn, start } from '../store/testing/fixtures.ts'
import { Producer, type ProducerOptions } from './producer.ts'
import { faulty, turns, until, type Fate, type FaultyStore, type Faults } from '../../../../test/support/run/faulty.ts'

const fates: fc.Arbitrary<Fate> = fc.constantFrom('ok', 'ok', 'ok', 'slow', 'slow')
const own = (n: number): string => JSON.stringify({ type: 'own', n })
const end = '{"type":"end","status":"completed"}'

interface Bench extends FaultyStore {
  readonly real: Store
  readonly run: string
  readonly lease: Lease
  readonly producer: Producer
  readonly signals: Signal[]
  readonly lost: unknown[]
}

async function bench(faults: Faults = {}, options: Partial<ProducerOptions> = {}): Promise<Bench> {
  const real = memory()
  const { run, lease } = await start(real)
  const line = faulty(real, faults)
  const [signals, lost]: [Signal[], unknown[]] = [[], []]
  const producer = new Producer({
    store: line.store, run, lease, tail: 1, maxEntry: 100_000,
    onSignal: (signal) => signals.push(signal), onLost: (error) => lost.push(error), ...options,
  })
  return { ...line, real, run, lease, producer, signals, lost }
}

async function said({ real, run }: Bench): Promise<unknown[]> {
  return (await entriesIn(real, run)).flatMap((entry) => ('n' in entry ? [entry.n] : []))
}

/** Each in turn from a list, then `ok`. */
function inTurn(list: readonly Fate[]): () => Fate {
  const rest = [...list]
  return () => rest.shift() ?? 'ok'
}

test('entries land in order, gapless and once, with one write in flight, at any pace', async () => {
  await fc.assert(fc.asyncProperty(fc.array(fc.nat(3), { maxLength: 40 }), fc.array(fates), async (pauses, list) => {
    const it = await bench({ append: inTurn(list) })
    for (const [n, pause] of pauses.entries()) {
      it.producer.append(own(n))
      await turns(pause)
    }
    await it.producer.end(end, 'completed')
    const entries = await entriesIn(it.real, it.run)
    expect(entries.map((entry) => entry.offset)).toEqual(entries.map((_, index) => index + 1))
    expect(await said(it)).toEqual([...pauses.keys()])
    expect(it.concurrency()).toBe(1)
    expect(it.producer.tail).toBe(entries.length)
  }), { numRuns: 50 })
})

test('a write whose answer was lost, or that was not taken, is repeated as it was and stands there once', async () => {
  await fc.assert(fc.asyncProperty(fc.array(fc.constantFrom<Fate>('ok', 'lost', 'busy'), { minLength: 1, maxLength: 3 }), async (list) => {
    const it = await bench({ append: inTurn(list) })
    it.producer.append(own(0))
    await turns()
    it.producer.append(own(1))
    it.producer.checkpoint('1')
    it.producer.append(own(2))
    await it.producer.end(end, 'completed')
    expect(await said(it)).toEqual([0, 1, 2])
    expect((await it.real.load(it.run)).checkpoint).toEqual({ offset: 3, data: '1' })
    expect(it.concurrency()).toBe(1)
  }), { numRuns: 8 })
})

test('a checkpoint covers exactly what was said before it, whatever is in flight', async () => {
  const step = fc.oneof({ weight: 3, arbitrary: fc.constant('say') }, fc.constant('save'), fc.constant('wait'))
  await fc.assert(fc.asyncProperty(fc.array(step, { maxLength: 30 }), fc.array(fates), async (steps, list) => {
    const it = await bench({ append: inTurn(list) })
    let count = 0
    for (const each of steps) {
      if (each === 'say') it.producer.append(own(count++))
      else if (each === 'save') it.producer.checkpoint(String(count))
      else await turns(1)
    }
    await it.producer.end(end, 'completed')
    for (const write of it.writes) {
      // Entry 1 is the start: what was saved after `n` words covers offset n + 1.
      if (write.checkpoint !== undefined) expect(write.after + write.count).toBe(Number(write.checkpoint) + 1)
    }
    const last = steps.lastIndexOf('save')
    const { checkpoint } = await it.real.load(it.run)
    expect(checkpoint?.data).toBe(last === -1 ? undefined : String(steps.slice(0, last).filter((each) => each === 'say').length))
  }), { numRuns: 50 })
})

test('a checkpoint goes in the very write of the entries it covers', async () => {
  const it = await bench()
  it.producer.append(own(0))
  it.producer.checkpoint('"a"')
  it.producer.append(own(1))
  await it.producer.end(end, 'completed')
  expect(it.writes.map(({ count, checkpoint }) => ({ count, checkpoint }))).toEqual([{ count: 1, checkpoint: '"a"' }, { count: 2, checkpoint: undefined }])
})

test('checkpoints with nothing said between them take the place of one another', async () => {
  const it = await bench()
  for (let n = 0; n < 1000; n += 1) it.producer.checkpoint(String(n))
  await it.producer.release('queued')
  expect(it.writes).toHaveLength(1)
  expect((await it.real.load(it.run)).checkpoint?.data).toBe('999')
})

test('the first entry is written at the end of the same turn, and what comes meanwhile is one batch', async () => {
  const it = await bench({ append: inTurn(['slow']) })
  it.producer.append(own(0))
  it.producer.append(own(1))
  expect(it.writes).toHaveLength(0)
  await new Promise((resolve) => setImmediate(resolve))
  expect(it.writes).toHaveLength(1)
  for (let n = 2; n < 20; n += 1) {
    it.producer.append(own(n))
    if (n === 3) await turns(1)
  }
  await it.producer.end(end, 'completed')
  expect(it.writes.map((write) => write.count)).toEqual([2, 19])
})

test('a handler that waits for room never has much more than a megabyte waiting', async () => {
  let [waiting, most] = [0, 0]
  const it = await bench({ append: (write) => { waiting -= write.bytes.length + (write.checkpoint?.length ?? 0); return 'slow' } })
  const big = JSON.stringify({ type: 'own', n: 0, data: 'x'.repeat(50_000) })
  for (let n = 0; n < 100; n += 1) {
    it.producer.append(big)
    it.producer.checkpoint(`"${'y'.repeat(50_000)}"`)
    waiting += 100_000
    most = Math.max(most, waiting)
    await it.producer.ready()
  }
  await it.producer.end(end, 'completed')
  expect(most).toBeLessThan(1024 * 1024 + 2 * 100_000)
  expect(await said(it)).toHaveLength(100)
})

test('one write holds about a quarter of a megabyte at most', async () => {
  const it = await bench()
  for (let n = 0; n < 20; n += 1) it.producer.append(JSON.stringify({ type: 'own', n, data: 'x'.repeat(60_000) }))
  await it.producer.end(end, 'completed')
  for (const write of it.writes) expect(write.bytes.length).toBeLessThan(256 * 1024 + 70_000)
  expect(await said(it)).toEqual([...Array(20).keys()])
})

test('an entry or checkpoint that is too large is refused, and the run can go on', async () => {
  const it = await bench({}, { maxEntry: 100 })
  it.producer.append(`{"type":"own","n":0,"d":"${'é'.repeat(30)}"}`)
  expect(() => it.producer.append(`{"type":"own","n":1,"d":"${'é'.repeat(60)}"}`)).toThrow(expect.objectContaining({ code: 'too_large' }))
  expect(() => it.producer.checkpoint(`"${'x'.repeat(100)}"`)).toThrow(expect.objectContaining({ code: 'too_large' }))
  await it.producer.end(`{"type":"end","status":"completed","result":"${'x'.repeat(200)}"}`, 'completed')
  expect(await said(it)).toEqual([0])
  expect((await it.real.find(it.run))?.status).toBe('completed')
})

test('a producer that was fenced says so once, and writes nothing more', async () => {
  const it = await bench()
  it.producer.append(own(0))
  await until(() => it.producer.tail === 2, 'the first entry')
  await it.real.acquire(it.run, 'b'.repeat(32), 60_000, { revoke: true })
  it.producer.append(own(1))
  const ended = it.producer.end(end, 'completed')
  await ended
  expect(it.lost).toMatchObject([{ code: 'fenced' }])
  const tried = it.writes.length
  expect(() => it.producer.append(own(2))).toThrow(expect.objectContaining({ code: 'fenced' }))
  it.producer.poll()
  it.producer.renew(0)
  await it.producer.release('queued')
  await turns()
  expect(it.writes).toHaveLength(tried)
  expect(it.lost).toHaveLength(1)
  expect(await said(it)).toEqual([0])
})

test('who waits for room is let go when the lease is lost', async () => {
  const it = await bench({}, { maxEntry: 10_000_000 })
  await it.real.acquire(it.run, 'b'.repeat(32), 60_000, { revoke: true })
  it.producer.append(`{"type":"own","d":"${'x'.repeat(2_000_000)}"}`)
  await it.producer.ready()
  expect(it.lost).toHaveLength(1)
})

test('a store that stays away is given up after three leases', async () => {
  const real = memory()
  const { run, lease } = await start(real, { ttl: 30 })
  const line = faulty(real, { append: () => 'busy' })
  const lost: unknown[] = []
  const producer = new Producer({ store: line.store, run, lease, tail: 1, maxEntry: 1000, onSignal: () => undefined, onLost: (error) => lost.push(error) })
  producer.append(own(0))
  await until(() => lost.length > 0, 'given up')
  expect(lost[0]).toBeInstanceOf(MillraceError)
  expect(lost[0]).toMatchObject({ code: 'store_busy' })
})

test('a store that throws instead of rejecting costs its own producer the lease, and no other anything', async () => {
  const broken = await bench()
  const failure = new TypeError('no such method')
  broken.store.append = () => { throw failure }
  const other = await bench()
  broken.producer.append(own(0))
  other.producer.append(own(0))
  await Promise.all([broken.producer.end(end, 'completed'), other.producer.end(end, 'completed')])
  expect(broken.lost).toEqual([failure])
  expect(await said(other)).toEqual([0])
})

test('a store that throws that it is busy is asked again', async () => {
  const it = await bench()
  const { append } = it.store
  let calls = 0
  it.store.append = (...of) => {
    if (calls++ === 0) throw new MillraceError('store_busy', 'injected')
    return append(...of)
  }
  it.producer.append(own(0))
  await it.producer.end(end, 'completed')
  expect(await said(it)).toEqual([0])
  expect(it.lost).toEqual([])
})

test('a store whose answer is none costs the lease', async () => {
  const it = await bench()
  it.store.append = () => Promise.resolve(undefined as never)
  it.producer.append(own(0))
  await it.producer.end(end, 'completed')
  expect(it.lost).toHaveLength(1)
})

test('each signal is delivered once, however often the store tells it', async () => {
  await fc.assert(fc.asyncProperty(fc.array(fc.nat(5), { maxLength: 20 }), async (ids) => {
    const it = await bench()
    for (const id of ids) {
      await it.real.signal(it.run, { id: String(id), type: 'input', data: '1' })
      it.producer.poll()
      await turns(id % 3)
    }
    await it.producer.end(end, 'completed')
    const seen = it.signals.map((signal) => signal.id)
    expect(seen).toEqual([...new Set(ids.map(String))].slice(0, seen.length))
    expect(new Set(seen).size).toBe(seen.length)
  }), { numRuns: 30 })
})

test('a signal that came while a write was in flight is asked for after it', async () => {
  const it = await bench({ append: inTurn(['slow']) })
  it.producer.append(own(0))
  await turns(1)
  it.producer.poll()
  await it.real.signal(it.run, { id: 's', type: 'cancel', data: 'null' })
  await until(() => it.signals.length === 1, 'the signal')
})

test('consumed signals are not told to a successor', async () => {
  const it = await bench()
  await it.real.signal(it.run, { id: 'a', type: 'input', data: '1' })
  it.producer.poll()
  await until(() => it.signals.length === 1, 'the signal')
  it.producer.consume(it.signals[0]?.seq ?? 0)
  await it.producer.release('queued')
  expect((await it.real.acquire(it.run, 'c'.repeat(32), 1000))?.signals).toEqual([])
})

test('a silent producer renews its lease, and one that wrote does not', async () => {
  const it = await bench()
  it.producer.append(own(0))
  await until(() => it.producer.tail === 2, 'the entry')
  it.producer.renew(60_000)
  await turns()
  expect(it.writes).toHaveLength(1)
  it.producer.renew(0)
  await turns()
  expect(it.writes.map((write) => write.count)).toEqual([1, 0])
})

test('release writes out what was said with the lease given back, one write at a time, and nothing after', async () => {
  await fc.assert(fc.asyncProperty(fc.nat(5), fc.array(fates, { maxLength: 4 }), fc.boolean(), async (count, list, asks) => {
    const it = await bench({ append: inTurn(list) })
    for (let n = 0; n < count; n += 1) it.producer.append(own(n))
    await turns(count % 3)
    if (asks) it.producer.poll()
    await it.producer.release('queued')
    await turns(8)
    expect(await it.real.find(it.run)).toMatchObject({ status: 'queued', leaseUntil: 0 })
    expect(await said(it)).toEqual([...Array(count).keys()])
    expect(it.concurrency()).toBe(1)
    expect(it.lost).toEqual([])
    expect(it.writes.at(-1)?.release).toBe('queued')
  }), { numRuns: 40 })
})

test('a signal is done with by the write of all that is said of it in one turn, also where another write lands within that turn', async () => {
  let land = (): void => undefined
  const it = await bench()
  const append: Store['append'] = async (...write) => {
    await new Promise<void>((resolve) => (land = resolve))
    return it.store.append(...write)
  }
  const producer = new Producer({ store: { ...it.store, append }, run: it.run, lease: it.lease, tail: 1, maxEntry: 1000, onSignal: () => undefined, onLost: () => undefined })
  producer.append(own(0))
  await turns()
  producer.take(7)
  producer.append(own(1))
  land()
  for (let microtask = 0; microtask < 50; microtask += 1) await Promise.resolve()
  producer.append(own(2))
  await turns()
  land()
  await until(() => producer.tail === 4, 'all entries')
  expect(it.writes.map(({ count, consumed }) => [count, consumed])).toEqual([[1, undefined], [2, 7]])
})

test('a signal of which nothing was said yet is not done with by a renewal, nor by what was said before it', async () => {
  const it = await bench()
  it.producer.take(7)
  it.producer.poll()
  await turns()
  it.producer.append(own(0))
  await turns()
  it.producer.checkpoint('1')
  it.producer.append(own(1))
  it.producer.consume(8)
  await turns()
  expect(it.writes.map(({ count, consumed }) => [count, consumed])).toEqual([[0, undefined], [1, 7], [0, 7], [1, 8]])
})
