import fc from 'fast-check'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { MillraceError } from '../event/error.ts'
import { createOptions, ends, entriesIn, idPart, newNonce, says } from '../store/testing/fixtures.ts'
import type { AnyRunDefinition, Resumed, RunContext, WorkableDefinition } from './define.ts'
import { turns, until } from '../../../../test/support/run/faulty.ts'
import { memory } from '../store/memory.ts'
import { kills, openDoomed } from '../../../../test/support/run/kills.ts'
import { Office } from '../../../../test/support/run/office.ts'
import { Worker } from './worker.ts'

let office: Office
beforeEach(() => {
  office = new Office()
})
afterEach(() => office.close())

const ada = { principal: 'ada' }
const WORDS = Array.from({ length: 15 }, (_, n) => `word${String(n)} `)

/** Says all words, whoever said the first of them, and notes how many there are at every fifth. */
function answering(recover: 'fail' | 'restart' | 'resume', during: () => Promise<void> = () => turns(1)): WorkableDefinition {
  return {
    recover,
    attempts: 50,
    async *run({ resumed, checkpoint }: RunContext<never>) {
      const had = resumed ? (await resumed.text()).split(' ').length - 1 : 0
      for (const [n, word] of [...WORDS.entries()].slice(had)) {
        yield word
        if (n % 5 === 4) checkpoint(n + 1)
        await during()
      }
      return 'all'
    },
  }
}

/** A few words, then nothing until `go`. */
function stalling(recover: 'fail' | 'restart' | 'resume', go: Promise<void> = new Promise(() => undefined)): WorkableDefinition {
  let steps = 0
  return answering(recover, () => (++steps < 6 ? turns(1) : go))
}

/** A run whose producer is killed once it has said some words. */
async function orphaned(recover: 'fail' | 'restart' | 'resume'): Promise<{ run: string; orphanedAt: number }> {
  const desk = office.open({ it: stalling(recover) })
  const { record } = await desk.worker.start('it', 1, ada)
  await until(async () => (await office.record(record.id)).tail > 5, 'the first words')
  office.kill(desk)
  return { run: record.id, orphanedAt: performance.now() }
}

test.each(['fail', 'restart', 'resume'] as const)('a run whose producer was killed is taken over within its lease and two seconds: %s', async (recover) => {
  const { run, orphanedAt } = await orphaned(recover)
  const said = await entriesIn(office.real, run)
  office.open({ it: answering(recover) })
  await until(async () => (await office.record(run)).fence === 2, 'the takeover')
  expect(performance.now() - orphanedAt).toBeLessThan(200 + 2_000)
  const end = await office.end(run)
  if (recover === 'fail') expect(end).toMatchObject({ status: 'failed', error: { code: 'producer_lost' } })
  else expect(end).toMatchObject({ status: 'completed', result: 'all' })
  const entries = await entriesIn(office.real, run)
  const attempts = entries.filter((entry) => entry.type === 'attempt')
  expect(attempts.map((entry) => entry.n)).toEqual(recover === 'restart' ? [2] : [])
  const text = entries.slice(recover === 'restart' ? entries.findIndex((entry) => entry.type === 'attempt') : 0).map((entry) => (entry.type === 'delta' ? entry.text : '')).join('')
  if (recover !== 'fail') expect(text).toBe(WORDS.join(''))
  // What could be read before the takeover stands there still.
  const before = said.map((entry) => (entry.type === 'delta' ? entry.text : '')).join('')
  expect((await office.text(run)).startsWith(before)).toBe(true)
})

test('killed at any points, before or after a commit, a resumed run says what an uninterrupted one does', async () => {
  await fc.assert(fc.asyncProperty(kills(8), async (fates) => {
    const runs = { it: answering('resume') }
    let run = ''
    for (const [index, fate] of fates.entries()) {
      const desk = openDoomed(office, runs, fate)
      if (index === 0) run = (await desk.worker.start('it', 1, ada)).record.id
      await until(async () => desk.isDead() || (await office.record(run)).endedAt !== null, 'the kill')
    }
    office.open(runs, { lease: 60 })
    const end = await office.end(run)
    expect(await office.text(run)).toBe(WORDS.join(''))
    expect(end).toMatchObject({ status: 'completed' })
    const entries = await office.entries(run)
    expect(entries.filter((entry) => entry.type === 'block_start')).toHaveLength(1)
    expect(entries.some((entry) => entry.type === 'attempt')).toBe(false)
  }), { numRuns: 8 })
}, 20_000)

test('a successor is given the newest checkpoint, every entry after it, the text and the outline', async () => {
  const run = idPart()
  const { lease } = await office.real.create(run, createOptions(run, { kind: 'it', ttl: 1 }))
  const encoder = new TextEncoder()
  const begun = ['{"type":"block_start","block":0,"kind":"text","nth":0}', '{"type":"delta","block":0,"kind":"text","nth":0,"text":"one "}']
  await office.real.append(run, lease!, { after: 1, bytes: encoder.encode(begun.join('\n')), count: 2, checkpoint: '{"at":1}' })
  await office.real.append(run, lease!, says(3, 'two ', 'three '))
  let given: { resumed: Resumed; attempt: number; text: string; texts: string[] } | null = null
  office.open({
    it: {
      recover: 'resume',
      async *run({ resumed, attempt }) {
        if (!resumed) return
        const texts: string[] = []
        for await (const entry of resumed.entries()) texts.push(entry.type === 'delta' ? entry.text : entry.type)
        given = { resumed, attempt, text: await resumed.text(), texts }
        yield 'four'
      },
    },
  })
  await office.end(run)
  expect(given).toMatchObject({
    attempt: 2, text: 'one two three ', texts: ['two ', 'three '],
    resumed: { checkpoint: { data: { at: 1 }, offset: 3 }, outline: { run, kind: 'it', blocks: 1, offset: 5, open: [{ block: 0 }] } },
  })
  expect(await office.text(run)).toBe('one two three four')
})

test('what a predecessor said does not grow with what its successor says, and a busy store only delays it', async () => {
  const run = idPart()
  const { lease } = await office.real.create(run, createOptions(run, { kind: 'it', ttl: 1 }))
  await office.real.append(run, lease!, says(1, 'one '))
  let busy = 2
  let text: string | undefined
  office.open({
    it: {
      recover: 'resume',
      async *run({ resumed }) {
        yield 'two'
        await turns(3)
        text = await resumed?.text()
      },
    },
  }, { lease: 1_000 }, { call: (name) => (name === 'read' && busy-- > 0 ? 'busy' : 'ok') })
  expect(await office.end(run)).toMatchObject({ status: 'completed' })
  expect(text).toBe('one ')
})

test('a successor of one who said nothing knows which run it is', async () => {
  const run = idPart()
  await office.real.create(run, createOptions(run, { kind: 'it', ttl: 1 }))
  let outline: unknown
  office.open({ it: { recover: 'resume', run: ({ resumed }) => { outline = resumed?.outline; return Promise.resolve() } } })
  await office.end(run)
  expect(outline).toMatchObject({ run, kind: 'it', offset: 1, blocks: 0 })
})

test('a producer that was only slow writes nothing more once another took over, and stops its work', async () => {
  let aborted = 0
  let go = (): void => undefined
  const slow = stalling('resume', new Promise((resolve) => (go = resolve)))
  const watched = (context: RunContext<never>): ReturnType<WorkableDefinition['run']> => {
    context.signal.addEventListener('abort', () => (aborted += 1))
    return slow.run(context)
  }
  const zombie = office.open({ it: { ...slow, run: watched } })
  const { record: { id: run } } = await zombie.worker.start('it', 1, ada)
  await until(async () => (await office.record(run)).tail > 3, 'the first words')
  const thaw = zombie.freeze()
  office.open({ it: answering('resume') })
  expect(await office.end(run)).toMatchObject({ status: 'completed' })
  const { tail } = await office.record(run)
  go()
  thaw()
  await until(() => aborted === 1, 'the abort')
  await until(() => zombie.watches() === 0, 'the zombie is done')
  expect((await office.record(run)).tail).toBe(tail)
  expect(await office.text(run)).toBe(WORDS.join(''))
  expect(zombie.logged).toEqual([])
})

test('a run that nobody survives is not taken over without end', async () => {
  const run = idPart()
  await office.real.create(run, createOptions(run, { kind: 'it', ttl: 1 }))
  for (let attempt = 2; attempt <= 3; attempt += 1) await office.real.acquire(run, newNonce(), 1, { revoke: true })
  let worked = 0
  office.open({ it: { recover: 'restart', attempts: 3, run: () => Promise.resolve(worked++) } })
  expect(await office.end(run)).toMatchObject({ status: 'failed', error: { code: 'producer_lost' } })
  expect(worked).toBe(0)
})

test('a run that is handed over time and again by processes that close loses no attempt', async () => {
  // It says nothing: a handler that does would be done sooner or later, and nobody left to hand over.
  const silent: AnyRunDefinition = { recover: 'resume', attempts: 2, run: () => new Promise<void>(() => undefined) }
  let run = ''
  for (let close = 0; close < 5; close += 1) {
    const desk = office.open({ it: silent }, { lease: 300 })
    if (close === 0) run = (await desk.worker.start('it', 1, ada)).record.id
    await until(async () => (await office.record(run)).fence === close + 1, 'the takeover')
    await desk.worker.close()
  }
  office.open({ it: { ...answering('resume'), attempts: 2 } }, { lease: 300 })
  expect(await office.end(run)).toMatchObject({ status: 'completed' })
  expect(await office.text(run)).toBe(WORDS.join(''))
})

test('a worker that stood still for longer than its lease takes no run from itself', async () => {
  let stoodStill = 0
  const clock = (): number => Date.now() + stoodStill
  const own = new Office(memory({ clock }))
  const desk = own.open({ it: stalling('resume') }, { lease: 90 })
  const { record } = await desk.worker.start('it', 1, ada)
  for (let time = 0; time < 5; time += 1) {
    stoodStill += 10_000
    await until(async () => (await own.record(record.id)).leaseUntil > clock(), 'the renewal')
  }
  expect((await own.record(record.id)).fence).toBe(1)
  await own.close()
})

test('a silent run keeps its lease while its process lives', async () => {
  let finish = (): void => undefined
  const definition: AnyRunDefinition = { run: () => new Promise<void>((resolve) => (finish = resolve)) }
  const desk = office.open({ it: definition }, { lease: 150 })
  office.open({ it: definition }, { lease: 150 })
  const { record } = await desk.worker.start('it', 1, ada)
  await until(() => desk.writes.length >= 8, 'eight renewals, more than two leases')
  expect((await office.record(record.id)).fence).toBe(1)
  finish()
  expect(await office.end(record.id)).toMatchObject({ status: 'completed' })
})

test('a closing worker hands its runs over at once, with all they said', async () => {
  const first = office.open({ it: stalling('resume') }, { lease: 600_000 })
  const { record } = await first.worker.start('it', 1, ada)
  await until(async () => (await office.record(record.id)).tail > 4, 'the first words')
  await first.worker.close()
  expect(await office.record(record.id)).toMatchObject({ status: 'queued', leaseUntil: 0 })
  expect(first.watches()).toBe(0)
  await expect(first.worker.start('it', 1, ada)).rejects.toMatchObject({ code: 'closed' })
  office.open({ it: answering('resume') }, { lease: 300 })
  expect(await office.end(record.id)).toMatchObject({ status: 'completed' })
  expect(await office.text(record.id)).toBe(WORDS.join(''))
})

test('a run that starts while its worker closes is handed over, and its work is not begun here', async () => {
  let worked = 0
  const desk = office.open({ it: { run: () => Promise.resolve(worked++) } }, { lease: 600_000 }, { call: () => 'slow' })
  const starting = desk.worker.start('it', 1, ada)
  await turns(2)
  await desk.worker.close()
  const { record } = await starting
  expect(await office.record(record.id)).toMatchObject({ status: 'queued' })
  await turns(10)
  expect(worked).toBe(0)
})

test('runs of a kind that is not ours are left alone, and ours behind them are taken', async () => {
  const foreign = Array.from({ length: 70 }, idPart)
  for (const run of foreign) await office.real.create(run, createOptions(run, { kind: 'foreign', ttl: 0 }))
  const ours = Array.from({ length: 40 }, idPart)
  for (const run of ours) await office.real.create(run, createOptions(run, { kind: 'it', ttl: 0 }))
  office.open({ it: { run: () => Promise.resolve('done') } })
  for (const run of ours) expect(await office.end(run)).toMatchObject({ status: 'completed', result: 'done' })
  for (const run of foreign) expect(await office.record(run)).toMatchObject({ status: 'queued', fence: 0 })
})

test('a run that cannot be had does not keep those behind it waiting', async () => {
  const [broken, sound] = [idPart(), idPart()]
  await office.real.create(broken, createOptions(broken, { kind: 'it', ttl: 0 }))
  await office.real.create(sound, createOptions(sound, { kind: 'it', ttl: 0 }))
  const { store } = office.open({})
  const worker = new Worker({
    store: { ...store, acquire: (run, ...rest) => (run === broken ? Promise.reject(new MillraceError('store_corrupt', 'injected')) : store.acquire(run, ...rest)) },
    runs: { it: { run: () => Promise.resolve() } }, lease: 100, grace: 50, policy: { retention: 1e9, tombstone: 1e9 }, maxEntry: 1000,
    outcome: () => Promise.reject(new Error('nobody asks')), observe: () => undefined, logger: { error: () => undefined, warn: () => undefined },
  })
  expect(await office.end(sound)).toMatchObject({ status: 'completed' })
  await worker.close()
})

test('many orphans are all taken over in one look', async () => {
  const runs = Array.from({ length: 150 }, idPart)
  for (const run of runs) await office.real.create(run, createOptions(run, { kind: 'it', ttl: 0 }))
  let looks = 0
  const desk = office.open({ it: { run: () => Promise.resolve() } }, { lease: 60_000 }, { call: (name) => { if (name === 'list') looks += 1; return 'ok' } })
  await until(() => looks > 0, 'the first look')
  for (const run of runs) await office.end(run)
  // Five looks at owners at once, and one at logs to seal; the next tick is a second away.
  expect(looks).toBeLessThanOrEqual(6)
  await until(() => desk.watches() === 0, 'all are done')
})

test('of several workers that find the same orphan one works on it', async () => {
  let worked = 0
  const runs = { it: { recover: 'restart', run: () => Promise.resolve(worked++) } } satisfies Record<string, AnyRunDefinition>
  for (let n = 0; n < 4; n += 1) office.open(runs)
  const run = idPart()
  await office.real.create(run, createOptions(run, { kind: 'it', ttl: 0 }))
  await office.end(run)
  expect(worked).toBe(1)
})

test('a run that another process ended meanwhile is let go without a word', async () => {
  const desk = office.open({ it: { run: ({ signal }) => new Promise((_, reject) => signal.addEventListener('abort', () => reject(new Error('stopped')))) } })
  const { record } = await desk.worker.start('it', 1, ada)
  await until(() => desk.watches() === 1, 'the work')
  const taken = await office.real.acquire(record.id, newNonce(), 1000, { revoke: true })
  await office.real.append(record.id, taken!.lease, ends(1, 'failed'))
  await until(() => desk.watches() === 0, 'let go')
  expect(await office.end(record.id)).toMatchObject({ status: 'failed' })
  expect(desk.logged).toEqual([])
})
