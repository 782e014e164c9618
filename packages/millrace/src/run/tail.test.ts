import fc from 'fast-check'
import { expect, test, vi } from 'vitest'
import type { Batch } from '../event/batch.ts'
import { epochOf } from '../event/cursor.ts'
import { entriesOf } from '../event/lines.ts'
import type { Entry } from '../event/run-event.ts'
import { memory } from '../store/memory.ts'
import type { Lease, RunRecord, Store } from '../store/store.ts'
import { entriesIn, ends, joined, newNonce, says, start } from '../store/testing/fixtures.ts'
import { follow } from './follow.ts'
import { sealRun } from './sealer.ts'
import { Tails } from './tails.ts'
import type { Tail, TailListener } from './tail.ts'
import { faulty, turns, until, type FaultyStore, type Faults, type WakeFate } from '../../../../test/support/run/faulty.ts'

interface Bench extends FaultyStore {
  readonly real: Store
  readonly run: string
  readonly lease: Lease
  readonly tails: Tails
  readonly record: () => Promise<RunRecord>
  readonly say: (...texts: string[]) => Promise<void>
  readonly end: () => Promise<void>
}

async function bench(faults: Faults = {}): Promise<Bench> {
  const real = memory()
  const { run, lease } = await start(real)
  const line = faulty(real, faults)
  let tail = 1
  return {
    ...line, real, run, lease,
    tails: new Tails(line.store),
    record: async () => (await real.find(run)) as RunRecord,
    say: async (...texts) => {
      tail = (await real.append(run, lease, says(tail, ...texts))).tail
    },
    end: async () => {
      await real.append(run, lease, ends(tail))
    },
  }
}

/** A follower of its own that takes what it is given at its own pace, checked to be gapless. */
async function reader(it: Bench, after: number, pace: number): Promise<Entry[]> {
  const record = await it.record()
  const entries: Entry[] = []
  let at = after
  for await (const entry of follow(() => it.tails.of(record), after)) {
    expect(entry.first ?? entry.offset).toBe(at + 1)
    expect(entry.offset).toBeLessThanOrEqual((await it.record()).tail)
    at = entry.offset
    entries.push(entry)
    if (pace > 0) await turns(pace)
  }
  return entries
}

const wakeFates: fc.Arbitrary<WakeFate> = fc.constantFrom('ok', 'ok', 'lost', 'twice', 'late', 'bare', 'foreign')

test('every follower gets every entry once and in order, whatever befalls the wake-ups, wherever it begins', async () => {
  const readers = fc.array(fc.record({ joins: fc.nat(12), after: fc.nat(20), pace: fc.nat(3) }), { minLength: 1, maxLength: 4 })
  await fc.assert(fc.asyncProperty(fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 1, maxLength: 12 }), fc.array(wakeFates), readers, fc.boolean(), async (writes, list, all, seals) => {
    const rest = [...list]
    const it = await bench({ wake: () => rest.shift() ?? 'ok' })
    const running: { after: number; entries: Promise<Entry[]> }[] = []
    for (const [index, count] of [...writes, 0].entries()) {
      const { tail } = await it.record()
      for (const each of all) {
        if (each.joins === index || (index === writes.length && each.joins > index)) {
          const after = Math.min(each.after, tail)
          running.push({ after, entries: reader(it, after, each.pace) })
        }
      }
      if (count > 0) await it.say(...Array.from({ length: count }, (_, n) => `${String(index)}.${String(n)} `))
      await turns(index % 3)
    }
    await it.end()
    if (seals) await sealRun(it.real, it.run)
    // What the slow poll does: wake-ups at the very end may have been lost too.
    const reading = new Set(running)
    const results = Promise.all(running.map(async (each) => {
      const entries = await each.entries
      reading.delete(each)
      return entries
    }))
    while (reading.size > 0) {
      it.tails.of(await it.record()).refresh()
      await turns(1)
    }
    const told = await results
    for (const [index, { after }] of running.entries()) {
      expect(joined(told[index] ?? [])).toEqual(joined(await entriesIn(it.real, it.run, after)))
    }
    it.tails.close()
    expect(it.watches()).toBe(0)
  }), { numRuns: 60 })
})

test('a reader is told nothing that is not committed, though a wake-up says so', async () => {
  const it = await bench({ wake: () => 'foreign' })
  const told: Entry[] = []
  const record = await it.record()
  const reading = (async () => {
    for await (const entry of follow(() => it.tails.of(record), 0)) told.push(entry)
  })()
  await it.say('a')
  await it.end()
  await reading
  expect(told.map((entry) => entry.type)).toEqual(['start', 'delta', 'end'])
})

test('a lost wake-up costs nothing but the time until the next look', async () => {
  const it = await bench({ wake: () => 'lost' })
  const tail = it.tails.of(await it.record())
  const release = tail.hold()
  await turns()
  await it.say('a', 'b')
  await turns()
  expect(tail.offset).toBe(1)
  tail.refresh()
  await until(() => tail.offset === 3, 'the look')
  release()
})

test('what landed between the record and the watch is found without a wake-up', async () => {
  const it = await bench()
  const record = await it.record()
  await it.say('a')
  await it.end()
  const told: string[] = []
  for await (const entry of follow(() => it.tails.of(record), 0)) told.push(entry.type)
  expect(told).toEqual(['start', 'delta', 'end'])
})

test('all readers of a run share one watch, and the last one to leave closes it', async () => {
  const it = await bench()
  const record = await it.record()
  const generators = Array.from({ length: 5 }, () => follow(() => it.tails.of(record), 0))
  await Promise.all(generators.map((generator) => generator.next()))
  expect(it.watches()).toBe(1)
  for (const generator of generators) {
    expect(it.watches()).toBe(1)
    await generator.return()
  }
  expect(it.watches()).toBe(0)
})

test('a follower that is made long before it is read misses nothing', async () => {
  const it = await bench()
  const record = await it.record()
  const early = follow(() => it.tails.of(record), 0)
  const other = follow(() => it.tails.of(record), 0)
  await other.next()
  await other.return()
  await early.next()
  const next = early.next()
  await turns()
  await it.say('a')
  expect((await next).value).toMatchObject({ text: 'a' })
  await early.return()
})

test('a reader far behind reads the store page by page, and nobody reads for those at the tail', async () => {
  let reads = 0
  const it = await bench({ call: (name) => { if (name === 'read') reads += 1; return 'ok' } })
  const big = 'x'.repeat(30_000)
  const tail = it.tails.of(await it.record())
  const release = tail.hold()
  await turns()
  reads = 0
  for (let n = 0; n < 40; n += 1) await it.say(big)
  await turns()
  expect(tail.offset).toBe(41)
  expect(reads).toBe(0)
  // Kept in memory is only the newest part; 64 KiB pages of 30 KB batches hold three each.
  let at = 0
  while (at < tail.offset) {
    const batches = await tail.since(at, null)
    const size = batches.reduce((sum, batch) => sum + batch.bytes.length, 0)
    expect(size).toBeLessThan(300_000)
    at = batches.at(-1)?.last ?? at
  }
  expect(reads).toBeGreaterThan(5)
  const before = reads
  await tail.since(38, null)
  expect(reads).toBe(before)
  release()
})

test('a busy store only delays what comes', async () => {
  let busy = true
  const it = await bench({ wake: () => 'bare', call: (name) => (name === 'read' && busy ? 'busy' : 'ok') })
  const tail = it.tails.of(await it.record())
  const release = tail.hold()
  await it.say('a')
  await turns()
  expect(tail.offset).toBe(1)
  busy = false
  tail.refresh()
  await until(() => tail.offset === 2, 'the read')
  release()
})

function listening(): TailListener & { readonly batches: Batch[]; readonly lost: unknown[] } {
  const [batches, lost]: [Batch[], unknown[]] = [[], []]
  return { batches, lost, onBatch: (batch) => void batches.push(batch), onLost: (error) => void lost.push(error) }
}

test('readers of a run that is deleted are told `gone`, those who come later too', async () => {
  const it = await bench()
  const record = await it.record()
  const tail = it.tails.of(record)
  const release = tail.hold()
  const listener = listening()
  tail.join(listener)
  const generator = follow(() => it.tails.of(record), 0)
  await generator.next()
  const next = generator.next()
  await turns()
  await it.real.delete(it.run)
  await expect(next).rejects.toMatchObject({ code: 'gone' })
  expect(listener.lost).toMatchObject([{ code: 'gone' }])
  const late = listening()
  tail.join(late)
  expect(late.lost).toMatchObject([{ code: 'gone' }])
  await expect(Promise.resolve(tail.since(0, null))).rejects.toMatchObject({ code: 'gone' })
  await expect(follow(() => it.tails.of(record), 0).next()).rejects.toMatchObject({ code: 'gone' })
  release()
  await turns()
  expect(it.watches()).toBe(0)
})

test('a listener that fails is cut off alone', async () => {
  const it = await bench()
  const tail = it.tails.of(await it.record())
  const release = tail.hold()
  const [before, after] = [listening(), listening()]
  const told: unknown[] = []
  const failing: TailListener = { onBatch: () => { throw new Error('mine') }, onLost: (error) => void told.push(error) }
  for (const listener of [before, failing, after]) tail.join(listener)
  await it.say('a')
  await it.say('b')
  await until(() => tail.offset === 3, 'both')
  expect(before.batches.length).toBe(2)
  expect(after.batches).toEqual(before.batches)
  expect(told).toHaveLength(1)
  release()
})

/** A store in whose stead, from some moment on, another answers: the same run, with other writes than were read. */
function failingOver(first: Store): { readonly store: Store; readonly to: (second: Store) => void } {
  let current = first
  const store: Store = {
    create: (...args) => current.create(...args),
    acquire: (...args) => current.acquire(...args),
    append: (...args) => current.append(...args),
    read: (...args) => current.read(...args),
    find: (...args) => current.find(...args),
    load: (...args) => current.load(...args),
    watch: (...args) => current.watch(...args),
    signal: (...args) => current.signal(...args),
    touch: (...args) => current.touch(...args),
    seal: (...args) => current.seal(...args),
    list: (...args) => current.list(...args),
    delete: (...args) => current.delete(...args),
    close: () => current.close(),
  }
  return { store, to: (second) => void (current = second) }
}

/** A log of `lost` entries of which a replica has only `kept`; there another lease writes `regrown` more. */
async function rolledBack(lost: number, kept: number, regrown: number): Promise<{ tail: Tail; tails: Tails; fork: Store; run: string; epoch: string; fresh: string; fail: () => void }> {
  const [primary, fork] = [memory(), memory()]
  const { run, lease } = await start(primary)
  const start1 = await primary.read(run, 0, 1)
  await fork.create(run, {
    kind: 'answer', principal: 'ada', title: '', input: '0', digest: 'd', policy: { retention: 1e9, tombstone: 1e9 },
    start: start1.batches[0]?.bytes ?? new Uint8Array(), nonce: lease.nonce, ttl: 1e9,
  })
  for (let at = 1; at < lost; at += 1) await primary.append(run, lease, says(at, `old ${String(at + 1)}`))
  for (let at = 1; at < kept; at += 1) await fork.append(run, lease, says(at, `old ${String(at + 1)}`))
  const over = failingOver(primary)
  const tails = new Tails(over.store)
  const tail = tails.of((await primary.find(run)) as RunRecord)
  tail.hold()
  await turns()
  const nonce = newNonce()
  const taken = await fork.acquire(run, nonce, 1e9, { revoke: true })
  for (let at = kept; at < kept + regrown; at += 1) if (taken) await fork.append(run, taken.lease, says(at, `new ${String(at + 1)}`))
  return { tail, tails, fork, run, epoch: epochOf(lease.nonce), fresh: epochOf(nonce), fail: () => over.to(fork) }
}

test('after a failover that lost entries, no reader is handed other ones as the continuation of what it read', async () => {
  await fc.assert(fc.asyncProperty(fc.integer({ min: 2, max: 12 }), fc.nat(11), fc.nat(14), fc.nat(12), async (lost, shorter, regrown, behind) => {
    const kept = Math.max(1, lost - shorter)
    fc.pre(kept < lost)
    const it = await rolledBack(lost, kept, regrown)
    const live = listening()
    it.tail.join(live)
    it.fail()
    const after = Math.max(1, lost - behind)
    // A slow reader that goes on by itself; where it reads is up to the tail, until it is told that the log is another one.
    let error: unknown
    const told: Entry[] = []
    for (let at = after; error === undefined; ) {
      try {
        const batches = await it.tail.since(at, at <= lost ? it.epoch : null)
        for (const batch of batches) told.push(...entriesOf(batch, at))
        at = told.at(-1)?.offset ?? at
        if (batches.length === 0) it.tail.refresh()
        await turns(1)
      } catch (caught) {
        error = caught
      }
    }
    expect(error).toMatchObject({ code: 'reset' })
    it.tail.refresh()
    await turns()
    expect(live.batches).toEqual([])
    expect(live.lost).toMatchObject([{ code: 'reset' }])
    const texts = told.map((entry) => (entry.type === 'delta' ? entry.text : entry.type))
    // Either what it read before goes on, or what the replica has, but never the one after the other.
    const firstNew = told.findIndex((entry) => entry.type === 'delta' && entry.text.startsWith('new'))
    if (firstNew !== -1) expect(told[firstNew]?.offset).toBe(kept + 1)
    expect(texts.slice(firstNew === -1 ? texts.length : firstNew).every((text) => text.startsWith('new'))).toBe(true)
    it.tails.close()
  }), { numRuns: 60 })
})

test('who comes after a failover reads the log as it is now, though an old reader still holds the old tail', async () => {
  const it = await rolledBack(10, 4, 3)
  it.fail()
  it.tail.refresh()
  await turns()
  const record = (await it.fork.find(it.run)) as RunRecord
  const told: Entry[] = []
  const generator = follow(() => it.tails.of(record), 0)
  while (told.length < 7) told.push((await generator.next()).value as Entry)
  expect(told.map((entry) => (entry.type === 'delta' ? entry.text : entry.type))).toEqual(['start', 'old 2', 'old 3', 'old 4', 'new 5', 'new 6', 'new 7'])
  await generator.return()
  it.tails.close()
})

test('a reader of the new log is not given entries of the old one from memory', async () => {
  const it = await rolledBack(3, 3, 0)
  const listener = listening()
  it.tail.join(listener)
  it.fail()
  const foreign = await Promise.resolve(it.tail.since(3, it.fresh)).catch((error: unknown) => error)
  expect(foreign).toMatchObject({ code: 'reset' })
  it.tails.close()
})

test('all readers of a tail share one fold, and an outline is found though a wake-up was lost', async () => {
  let reads = 0
  const it = await bench({ wake: () => 'lost', call: (name) => { if (name === 'read') reads += 1; return 'ok' } })
  const tail = it.tails.of(await it.record())
  const release = tail.hold()
  await turns()
  await it.say('a', 'b')
  expect(tail.offset).toBe(1)
  expect(await tail.outlineAt(3)).toMatchObject({ run: it.run, offset: 3 })
  const before = reads
  await Promise.all([tail.outlineAt(3), tail.outlineAt(3)])
  expect(reads).toBe(before)
  await expect(tail.outlineAt(4)).rejects.toMatchObject({ code: 'reset' })
  release()
})

test('once the log is another one, no outline of the old one is told any more', async () => {
  const it = await rolledBack(10, 4, 6)
  expect(await it.tail.outlineAt(8)).toMatchObject({ offset: 8 })
  it.fail()
  it.tail.refresh()
  await turns()
  await expect(it.tail.outlineAt(8)).rejects.toMatchObject({ code: 'reset' })
  it.tails.close()
})

/** Everything a follower of its own is handed. */
async function batchesOf(it: Bench, record: RunRecord, count: number): Promise<Batch[]> {
  const tail = it.tails.of(record)
  const release = tail.hold()
  const told: Batch[] = []
  while ((told.at(-1)?.last ?? 0) < count) told.push(...(await tail.since(told.at(-1)?.last ?? 0, told.at(-1)?.epoch ?? null)))
  release()
  return told
}

test.each([false, true])('what one late reader read is handed to the next, without a read, the very same batches (ended: %j)', async (ended) => {
  let reads = 0
  const it = await bench({ call: (name) => { if (name === 'read') reads += 1; return 'ok' } })
  for (let n = 0; n < 20; n += 1) await it.say('x'.repeat(10_000))
  if (ended) await it.end()
  const record = await it.record()
  const release = it.tails.of(record).hold()
  const first = await batchesOf(it, record, record.tail)
  await turns()
  const before = reads
  expect(before).toBeGreaterThan(2)
  const second = await batchesOf(it, record, record.tail)
  expect(reads).toBe(before)
  expect(second).toHaveLength(first.length)
  expect(second.every((batch, index) => batch === first[index])).toBe(true)
  release()
})

test('readers that catch up side by side share their reads', async () => {
  let reads = 0
  const it = await bench({ call: (name) => { if (name === 'read') reads += 1; return 'slow' } })
  for (let n = 0; n < 20; n += 1) await it.say('x'.repeat(10_000))
  await it.end()
  const record = await it.record()
  const release = it.tails.of(record).hold()
  await Promise.all(Array.from({ length: 100 }, () => batchesOf(it, record, record.tail)))
  expect(reads).toBeLessThan(10)
  release()
})

test('memory stays bounded however much late readers read', async () => {
  const it = await bench()
  for (let n = 0; n < 100; n += 1) await it.say('x'.repeat(10_000))
  await it.end()
  const record = await it.record()
  const tail = it.tails.of(record)
  const release = tail.hold()
  for (let reader = 0; reader < 3; reader += 1) await batchesOf(it, record, record.tail)
  // What memory holds is what it answers at once.
  const kept = tail.since(record.tail - 20, null)
  expect(kept).toBeInstanceOf(Array)
  // As much again of what was read last, and no more.
  expect(tail.since(record.tail - 60, null)).toBeInstanceOf(Promise)
  release()
})

test('who comes after a failover that lost the end of an ended run is not handed the old log with the new one', async () => {
  const [primary, fork] = [memory(), memory()]
  const { run, lease } = await start(primary)
  const begun = (await primary.read(run, 0, 1)).batches[0]?.bytes ?? new Uint8Array()
  await fork.create(run, { kind: 'answer', principal: 'ada', title: '', input: '0', digest: 'd', policy: { retention: 1e9, tombstone: 1e9 }, start: begun, nonce: lease.nonce, ttl: 1e9 })
  await primary.append(run, lease, says(1, 'old'))
  await primary.append(run, lease, ends(2))
  const over = failingOver(primary)
  const tails = new Tails(over.store)
  const tail = tails.of((await primary.find(run)) as RunRecord)
  const release = tail.hold()
  await tail.since(0, null)
  over.to(fork)
  const record = (await fork.find(run)) as RunRecord
  tails.of(record)
  await until(() => tails.of(record) !== tail, 'a tail of the log as it is')
  await expect(Promise.resolve(tail.since(0, null))).rejects.toMatchObject({ code: 'reset' })
  release()
  tails.close()
})

test('a follower outlives a store that is busy for a while', async () => {
  let busy = 3
  const it = await bench({ call: (name) => (name === 'read' && busy-- > 0 ? 'busy' : 'ok') })
  await it.say('a')
  await it.end()
  expect((await reader(it, 0, 0)).map((entry) => entry.type)).toEqual(['start', 'delta', 'end'])
  expect(busy).toBeLessThan(0)
})

test('nobody asks a busy store on behalf of a tail that is given up', async () => {
  let reads = 0
  const it = await bench({ call: (name) => { if (name === 'read') reads += 1; return name === 'read' ? 'busy' : 'ok' } })
  const page = Promise.resolve(it.tails.of(await it.record()).since(0, null))
  await until(() => reads > 2, 'it is asked again')
  it.tails.close()
  await expect(page).rejects.toMatchObject({ code: 'closed' })
})

test('a follower of a silent run leaves at once, with the reason it was given', async () => {
  const it = await bench()
  const record = await it.record()
  const leaving = new AbortController()
  const generator = follow(() => it.tails.of(record), 0, leaving.signal)
  await generator.next()
  const next = generator.next()
  await turns()
  const reason = new Error('I have to go')
  leaving.abort(reason)
  await expect(next).rejects.toBe(reason)
  expect(it.watches()).toBe(0)
  await expect(follow(() => it.tails.of(record), 0, leaving.signal).next()).rejects.toBe(reason)
  expect(it.watches()).toBe(0)
})

test('a wake-up that was lost is made good by the next poll, of running runs alone, and of none once nobody reads', async () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
  try {
    let reads = 0
    const it = await bench({ wake: () => 'lost', call: (name) => { if (name === 'read') reads += 1; return 'ok' } })
    const tail = it.tails.of(await it.record())
    const release = tail.hold()
    await turns()
    await it.say('a')
    await turns()
    expect(tail.offset).toBe(1)
    vi.advanceTimersByTime(3_000)
    await until(() => tail.offset === 2, 'the poll')
    await it.end()
    vi.advanceTimersByTime(3_000)
    await until(() => tail.ended, 'the next poll')
    await turns()
    const before = reads
    vi.advanceTimersByTime(9_000)
    await turns()
    expect(reads).toBe(before)
    release()
    expect(vi.getTimerCount()).toBe(0)
  } finally {
    vi.useRealTimers()
  }
})

test('a new tail looks by itself for what landed between its record and its watch', async () => {
  const it = await bench()
  const record = await it.record()
  await it.say('a')
  await it.end()
  const tail = it.tails.of(record)
  const release = tail.hold()
  // Long before any poll.
  await turns()
  expect(tail).toMatchObject({ offset: 3, ended: true })
  release()
})
