import fc from 'fast-check'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { PublicError } from '../event/error.ts'
import type { Json } from '../event/run-event.ts'
import { unpackSnapshot } from '../event/snapshot.ts'
import { memory } from '../store/memory.ts'
import { createOptions, idPart, says } from '../store/testing/fixtures.ts'
import type { AnyRunDefinition } from './define.ts'
import type { Said } from './said.ts'
import { turns, until, type Fate } from '../../../../test/support/run/faulty.ts'
import { Office } from '../../../../test/support/run/office.ts'

let office: Office
beforeEach(() => {
  office = new Office()
})
afterEach(() => office.close())

const ada = { principal: 'ada' }
const hello: AnyRunDefinition = { async *run() { await turns(1); yield 'hello'; return { words: 1 } } }
const forEver: AnyRunDefinition = { run: () => new Promise(() => undefined) }

function untilAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => signal.addEventListener('abort', () => reject(new Error('aborted'))))
}

test('the same key joins the same run, at once on two nodes and later, and its work is done once', async () => {
  let worked = 0
  const runs = { hello: { async *run() { worked += 1; await turns(2); yield 'hello' } } } satisfies Record<string, AnyRunDefinition>
  const desks = [office.open(runs), office.open(runs)]
  const starts = await Promise.all([0, 1, 0, 1, 0].map((desk) => desks[desk]!.worker.start('hello', { a: 1, b: 2 }, { ...ada, key: 'k' })))
  expect(new Set(starts.map((started) => started.record.id)).size).toBe(1)
  expect(starts.filter((started) => started.created)).toHaveLength(1)
  const id = starts[0]!.record.id
  await office.end(id)
  const late = await desks[1]!.worker.start('hello', { b: 2, a: 1 }, { ...ada, key: 'k' })
  expect(late).toMatchObject({ created: false, record: { id, status: 'completed' } })
  expect(worked).toBe(1)
})

test('a key names another run for another principal, kind or group, and without a key every start is a run', async () => {
  const { worker } = office.open({ hello, other: hello })
  const started = [
    await worker.start('hello', 1, { ...ada, key: 'k' }), await worker.start('hello', 1, { principal: 'bob', key: 'k' }),
    await worker.start('other', 1, { ...ada, key: 'k' }), await worker.start('hello', 1, { ...ada, key: 'k', group: idPart() }),
    await worker.start('hello', 1, ada), await worker.start('hello', 1, ada),
  ]
  expect(new Set(started.map(({ record }) => record.id)).size).toBe(started.length)
})

test('a used key is refused with another input, and after a delete it is gone', async () => {
  const { worker } = office.open({ hello })
  const { record } = await worker.start('hello', 1, { ...ada, key: 'k' })
  await expect(worker.start('hello', 2, { ...ada, key: 'k' })).rejects.toMatchObject({ code: 'key_reused' })
  await office.end(record.id)
  await office.real.delete(record.id)
  await expect(worker.start('hello', 1, { ...ada, key: 'k' })).rejects.toMatchObject({ code: 'gone' })
  await expect(worker.start('hello', 2, { ...ada, key: 'k' })).rejects.toMatchObject({ code: 'gone' })
})

test.each(['constructor', '__proto__', 'hasOwnProperty', ''])('there is no kind %j', async (kind) => {
  await expect(office.open({ hello }).worker.start(kind, 1, ada)).rejects.toMatchObject({ code: 'unknown_kind' })
})

test('what the input check refuses starts nothing', async () => {
  const { worker } = office.open({ strict: { ...hello, input: () => { throw new PublicError('bad', 'Say it shorter.') } } })
  await expect(worker.start('strict', 1, { ...ada, key: 'k' })).rejects.toMatchObject({ code: 'invalid_input', message: 'Say it shorter.' })
  expect(await office.real.list({ limit: 10 })).toEqual([])
})

test('a start or a write whose answer was lost makes one run that says everything once', async () => {
  let worked = 0
  const count: AnyRunDefinition = { async *run() { worked += 1; yield 'a'; await turns(3); yield 'b' } }
  await fc.assert(fc.asyncProperty(fc.constantFrom<Fate>('ok', 'lost', 'busy'), fc.constantFrom<Fate>('ok', 'lost', 'busy'), async (start, write) => {
    worked = 0
    const fates: Record<string, Fate[]> = { create: [start], load: [start === 'ok' ? 'ok' : 'busy'], append: [write] }
    const { worker } = office.open({ count }, { lease: 5_000 }, { call: (name) => fates[name]?.shift() ?? 'ok', append: () => fates['append']?.shift() ?? 'ok' })
    const { record, created } = await worker.start('count', 1, ada)
    expect(created).toBe(true)
    expect(await office.end(record.id)).toMatchObject({ status: 'completed' })
    expect(await office.text(record.id)).toBe('ab')
    expect(worked).toBe(1)
  }), { numRuns: 6 })
})

const SECRET = 'the password is tulip'
const INTERNAL = { status: 'failed', error: { code: 'internal', message: 'Something went wrong while working on this run.' } }
const invalid = (value: unknown): AnyRunDefinition => ({ async *run() { yield 'a'; yield value as Said } })

test.each<[string, AnyRunDefinition, object]>([
  ['returns a value', hello, { status: 'completed', result: { words: 1 } }],
  ['returns nothing', { async *run() { yield 'a' } }, { status: 'completed' }],
  ['is a plain promise', { run: () => Promise.resolve([1]) }, { status: 'completed', result: [1] }],
  ['throws', { async *run() { yield 'a'; throw new Error(SECRET) } }, INTERNAL],
  ['throws before it begins', { run() { throw new Error(SECRET) } }, INTERNAL],
  ['throws something that is no error', { async run() { AbortSignal.abort(SECRET).throwIfAborted() } }, INTERNAL],
  ['throws a public error', { run: () => Promise.reject(new PublicError('quota', 'No more today.', { cause: SECRET })) }, { status: 'failed', error: { code: 'quota', message: 'No more today.' } }],
  ['throws a public error beyond all measure', { run: () => Promise.reject(new PublicError('c'.repeat(1000), 'm'.repeat(200_000))) }, { status: 'failed', error: { code: 'c'.repeat(100), message: 'm'.repeat(4_000) } }],
  ['returns too much', { run: () => Promise.resolve('é'.repeat(33_000)) }, INTERNAL],
  ['returns as much as it may', { run: () => Promise.resolve('é'.repeat(32_000)) }, { status: 'completed' }],
  ['returns what is no JSON', { run: () => Promise.resolve(1n) }, INTERNAL],
  ['says null', invalid(null), INTERNAL],
  ['says what is no JSON', invalid({ type: 'own', n: 1n }), INTERNAL],
  ['says an end', invalid({ type: 'end', status: 'completed' }), INTERNAL],
  ['says too large an entry', invalid('x'.repeat(100_001)), INTERNAL],
  ['saves too large a checkpoint', { async *run({ checkpoint }) { yield 'a'; checkpoint('x'.repeat(100_001)) } }, INTERNAL],
])('a run whose handler %s ends once, and tells its readers no more than they may know', async (_what, definition, expected) => {
  const { worker } = office.open({ it: definition }, { maxEntry: 100_000 })
  const { record } = await worker.start('it', 1, ada)
  expect(await office.end(record.id)).toMatchObject(expected)
  expect(JSON.stringify(await office.entries(record.id))).not.toContain('tulip')
  expect(JSON.stringify(await office.real.load(record.id))).not.toContain('tulip')
})

test('an end is written also where a single entry may not be so large', async () => {
  const { worker } = office.open({ it: { run: () => Promise.resolve('x'.repeat(5000)) } }, { maxEntry: 1000 })
  const { record } = await worker.start('it', 1, ada)
  expect(await office.end(record.id)).toMatchObject({ status: 'completed' })
})

test('details of an internal error go to the logger', async () => {
  const { worker, logged } = office.open({ it: { run: () => Promise.reject(new Error(SECRET)) } })
  await office.end((await worker.start('it', 1, ada)).record.id)
  expect(logged).toMatchObject([{ details: { kind: 'it', error: { message: SECRET } } }])
})

test('what lies under a public error goes to the logger, and one with nothing under it is no news', async () => {
  const causes = [undefined, new Error(SECRET)]
  const { worker, logged } = office.open({ it: { run: () => Promise.reject(new PublicError('quota', 'No more today.', { cause: causes.shift() })) } })
  for (const _ of [1, 2]) await office.end((await worker.start('it', 1, ada)).record.id)
  expect(logged).toMatchObject([{ details: { error: { code: 'quota', cause: { message: SECRET } } } }])
})

test.each<[string, unknown]>([['no event', null], ['too large an entry', 'x'.repeat(100_001)]])('a handler that says %s can clean up', async (_what, value) => {
  let [cleaned, aborted] = [false, false]
  const definition: AnyRunDefinition = {
    async *run({ signal }) {
      try {
        yield value as Said
      } finally {
        cleaned = true
        aborted = signal.aborted
      }
    },
  }
  const { record } = await office.open({ it: definition }).worker.start('it', 1, ada)
  await office.end(record.id)
  await until(() => cleaned, 'the cleaning up')
  expect(aborted).toBe(true)
})

test.each<[string, AnyRunDefinition]>([
  ['stops at its signal', { async *run({ signal }) { yield 'a'; await untilAborted(signal) } }],
  ['ignores its signal and says nothing', forEver],
  ['ignores its signal and goes on talking', { async *run() { for (;;) { yield 'a'; await turns(1) } } }],
  ['answers its signal with an error of its own', { async *run({ signal }) { yield 'a'; await untilAborted(signal).catch(() => { throw new PublicError('mine', 'Not now.') }) } }],
])('a run whose handler %s is cancelled, once, however often it is asked to', async (_what, definition) => {
  const [here, elsewhere] = [office.open({ it: definition }), office.open({})]
  const { record } = await here.worker.start('it', 1, ada)
  await turns(2)
  await Promise.all([elsewhere.worker.cancel(record.id), here.worker.cancel(record.id), here.worker.cancel(record.id)])
  expect(await office.end(record.id)).toMatchObject({ status: 'cancelled' })
  expect(await here.worker.cancel(record.id)).toMatchObject({ status: 'cancelled' })
  await until(() => here.watches() === 0, 'this worker is done with it')
})

test.each(['busy', 'lost'] as const)('a cancel whose first call of the store is %s stops the run all the same', async (fate) => {
  let calls = 0
  const desk = office.open({ it: forEver }, {}, { call: (name) => (name === 'signal' && (calls += 1) === 1 ? fate : 'ok') })
  const { record } = await desk.worker.start('it', 1, ada)
  await desk.worker.cancel(record.id)
  expect(await office.end(record.id)).toMatchObject({ status: 'cancelled' })
})

test('a run that is cancelled while nobody works on it ends at once, and its work is never begun', async () => {
  let worked = 0
  const run = idPart()
  await office.real.create(run, createOptions(run, { kind: 'it', ttl: 0 }))
  const desk = office.open({ it: { run: () => Promise.resolve(worked++) } }, { lease: 3_000 })
  expect(await desk.worker.cancel(run)).toMatchObject({ status: 'cancelled' })
  await office.end(run)
  expect(worked).toBe(0)
})

test('a run that was cancelled before it was taken over ends as cancelled, and its work is not begun', async () => {
  let worked = 0
  const run = idPart()
  await office.real.create(run, createOptions(run, { kind: 'it', ttl: 1 }))
  await office.real.signal(run, { id: 'c', type: 'cancel', data: 'null' })
  office.open({ it: { recover: 'resume', run: () => Promise.resolve(worked++) } })
  expect(await office.end(run)).toMatchObject({ status: 'cancelled' })
  expect(worked).toBe(0)
})

test('a cancel at the moment of completion leaves one end, whichever it is', async () => {
  await fc.assert(fc.asyncProperty(fc.nat(6), fc.nat(6), async (work, wait) => {
    const { worker } = office.open({ it: { async *run() { yield 'a'; await turns(work); return 1 } } })
    const { record } = await worker.start('it', 1, ada)
    await turns(wait)
    await worker.cancel(record.id)
    expect(['completed', 'cancelled']).toContain((await office.end(record.id)).status)
  }), { numRuns: 30 })
})

test('a cancelled run whose producer hangs is taken from it and ended', async () => {
  const here = office.open({ it: forEver }, { lease: 60_000 })
  const elsewhere = office.open({}, { lease: 60_000 })
  const { record } = await here.worker.start('it', 1, ada)
  await until(() => here.watches() === 1, 'the work')
  const thaw = here.freeze()
  await elsewhere.worker.cancel(record.id)
  expect(await office.end(record.id)).toMatchObject({ status: 'cancelled' })
  thaw()
})

test('a run that ends is sealed, tells the same, and keeps its folded answer', async () => {
  const words = Array.from({ length: 50 }, (_, n) => `${String(n)} `)
  const { worker } = office.open({ it: { async *run() { for (const word of words) { yield word; await turns(1) } } } })
  const { record } = await worker.start('it', 1, ada)
  await until(async () => { const { sealedTo, tail, endedAt } = await office.record(record.id); return endedAt !== null && sealedTo === tail }, 'the sealing')
  expect(await office.text(record.id)).toBe(words.join(''))
  expect((await office.real.read(record.id, 0, 1e6)).batches).toHaveLength(1)
  expect(unpackSnapshot((await office.real.load(record.id)).snapshot ?? '')).toMatchObject({ status: 'completed', text: words.join('') })
})

test('a log that was left unsealed is sealed by another worker', async () => {
  const run = idPart()
  const { lease } = await office.real.create(run, createOptions(run, { kind: 'hello' }))
  await office.real.append(run, lease!, { after: 1, bytes: new TextEncoder().encode('{"type":"end","status":"completed"}'), count: 1, end: 'completed' })
  office.open({ hello })
  await until(async () => (await office.record(run)).sealedTo === 2, 'the sealing')
})

test('runs that come and go leave nothing behind', async () => {
  const desk = office.open({ hello })
  const started = await Promise.all(Array.from({ length: 100 }, () => desk.worker.start('hello', 1, ada)))
  for (const { record } of started) await office.end(record.id)
  await until(() => desk.watches() === 0, 'all watches are closed')
  expect(desk.logged).toEqual([])
  const before = desk.writes.length
  await desk.worker.close()
  expect(desk.writes).toHaveLength(before)
})

test('the input reaches the handler as its check made it', async () => {
  const { worker } = office.open({ it: { input: (value: unknown) => `${String(value)}!`, run: ({ input }: { input: string }) => Promise.resolve(input as Json) } })
  expect(await office.end((await worker.start('it', 'hi', ada)).record.id)).toMatchObject({ result: 'hi!' })
})

test('what a generator without async yields is said', async () => {
  function* run(): Generator<Said> { yield 'a'; yield 'b' }
  const { worker } = office.open({ it: { run: run as () => object as AnyRunDefinition['run'] } })
  const { record } = await worker.start('it', 1, ada)
  expect(await office.end(record.id)).toMatchObject({ status: 'completed' })
  expect(await office.text(record.id)).toBe('ab')
})

test.each<[string, unknown]>([['nothing', undefined], ['a function', () => 1], ['what JSON cannot hold', { n: 1n }]])('a checkpoint of %s is refused by name', async (_what, state) => {
  let refused: unknown
  const { worker } = office.open({ it: { async *run({ checkpoint }) { yield 'a'; try { checkpoint(state as Json) } catch (error) { refused = error } } } })
  expect(await office.end((await worker.start('it', 1, ada)).record.id)).toMatchObject({ status: 'completed' })
  expect(refused).toMatchObject({ code: 'invalid_event' })
})

test.each(['load', 'read'])('a run whose store cannot be read (%s) is given back, and its work is done later', async (broken) => {
  const run = idPart()
  const { lease } = await office.real.create(run, createOptions(run, { kind: 'it', ttl: 1 }))
  await office.real.append(run, lease!, says(1, 'one '))
  const desk = office.open({ it: { recover: 'resume', async *run() { yield 'two' } } }, { lease: 60 }, { call: (name) => (name === broken ? 'busy' : 'ok') })
  await until(() => desk.logged.length > 0, 'the giving back')
  await desk.worker.close()
  expect(await office.record(run)).toMatchObject({ status: 'queued', endedAt: null })
  office.open({ it: { recover: 'resume', async *run() { yield 'two' } } })
  expect(await office.end(run)).toMatchObject({ status: 'completed' })
  expect(await office.text(run)).toBe('one two')
})

test.each([-3_600_000, 3_600_000])('a run of a foreign kind is left alone for a while, whatever the store says the time is (%i ms off)', async (off) => {
  let looks = 0
  const elsewhere = new Office(memory({ clock: () => Date.now() + off }))
  const run = idPart()
  await elsewhere.real.create(run, createOptions(run, { kind: 'foreign', ttl: 0 }))
  elsewhere.open({}, { lease: 15 }, { call: (name) => { if (name === 'list') looks += 1; return 'ok' } })
  await until(() => looks > 5, 'some looks')
  expect(await elsewhere.record(run)).toMatchObject({ status: 'queued', fence: 0 })
  elsewhere.open({}, { lease: 15, foreignGrace: 30 })
  expect(await elsewhere.end(run)).toMatchObject({ status: 'failed', error: { code: 'producer_lost' } })
  await elsewhere.close()
})

test('an ended run stays readable for as long as its kind says, counted from its end, else as the server says', async () => {
  let now = 1_000
  const own = new Office(memory({ clock: () => now }))
  const { worker } = own.open({ brief: { ...hello, retention: 50 }, hello }, { lease: 600_000 })
  const [brief, other] = [await worker.start('brief', null, ada), await worker.start('hello', null, ada)]
  now += 1_000
  await own.end(brief.record.id)
  await own.end(other.record.id)
  const { endedAt } = await own.record(brief.record.id)
  now = endedAt! + 49
  expect((await own.record(brief.record.id)).deletedAt).toBeNull()
  now = endedAt! + 50
  expect((await own.record(brief.record.id)).deletedAt).toBe(endedAt! + 50)
  expect((await own.record(other.record.id)).deletedAt).toBeNull()
  await own.close()
})
