import fc from 'fast-check'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { hasCode } from '../event/error.ts'
import { until } from '../../../../test/support/run/faulty.ts'
import { Office } from '../../../../test/support/run/office.ts'
import type { AnyRunDefinition } from './define.ts'

let office: Office
beforeEach(() => {
  office = new Office()
})
afterEach(() => office.close())

const ada = { principal: 'ada' }

/** A kind whose runs end when they are told to. */
class Gate {
  readonly #open: (() => void)[] = []
  most = 0
  now = 0

  readonly kind = (options: Partial<AnyRunDefinition> = {}): AnyRunDefinition => ({
    ...options,
    run: async () => {
      this.now += 1
      this.most = Math.max(this.most, this.now)
      await new Promise<void>((resolve) => this.#open.push(resolve))
      this.now -= 1
    },
  })

  /** How many wait to be let go. */
  get waiting(): number {
    return this.#open.length
  }

  /** Lets the run end that began first. */
  next(): void {
    this.#open.shift()?.()
  }
}

test('no more runs of a kind than it says are worked on at a time, and all get their turn, the oldest first', async () => {
  await fc.assert(fc.asyncProperty(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 8 }), async (concurrency, count) => {
    const gate = new Gate()
    const { worker } = office.open({ it: gate.kind({ concurrency }) }, { lease: 5_000 })
    const runs = await Promise.all(Array.from({ length: count }, async () => (await worker.start('it', 1, ada)).record))
    expect(runs.filter(({ status }) => status === 'running')).toHaveLength(Math.min(count, concurrency))
    for (let left = count; left > 0; left -= 1) {
      await until(() => gate.waiting === Math.min(left, concurrency), 'its turn')
      gate.next()
    }
    for (const { id } of runs) expect(await office.end(id)).toMatchObject({ status: 'completed' })
    expect(gate.most).toBe(Math.min(count, concurrency))
    await worker.close()
  }), { numRuns: 20 })
})

test('two processes work on so many each', async () => {
  const gate = new Gate()
  const runs = { it: gate.kind({ concurrency: 1 }) }
  const [first] = [office.open(runs, { lease: 300 }), office.open(runs, { lease: 300 })]
  for (let n = 0; n < 3; n += 1) await first.worker.start('it', n, ada)
  await until(() => gate.now === 2, 'both processes')
  expect(await office.real.list({ kind: 'it', needs: 'owner', limit: 9 })).toHaveLength(1)
})

test('a start beyond the queue is refused; the same key joins what is there already', async () => {
  const gate = new Gate()
  const { worker } = office.open({ it: gate.kind({ concurrency: 1, queue: 1 }) })
  await worker.start('it', 1, ada)
  const { record } = await worker.start('it', 2, { ...ada, key: 'second' })
  await expect(worker.start('it', 3, { ...ada, key: 'third' })).rejects.toMatchObject({ code: 'queue_full', retryable: true })
  expect((await worker.start('it', 2, { ...ada, key: 'second' })).record.id).toBe(record.id)
  gate.next()
  await until(async () => (await office.record(record.id)).status === 'running', 'its turn')
  await expect(worker.start('it', 3, { ...ada, key: 'third' })).resolves.toMatchObject({ created: true })
})

test('a queued run is cancelled without its turn', async () => {
  const gate = new Gate()
  const { worker } = office.open({ it: gate.kind({ concurrency: 1 }) })
  await worker.start('it', 1, ada)
  const { record } = await worker.start('it', 2, ada)
  expect(await worker.cancel(record.id)).toMatchObject({ status: 'cancelled' })
})

test('a lost run that nobody may go on with is ended, though there is no room for it', async () => {
  const gate = new Gate()
  const doomed = office.open({ it: gate.kind() }, { lease: 60 })
  const { record } = await doomed.worker.start('it', 1, ada)
  await until(() => gate.now === 1, 'its beginning')
  office.kill(doomed)
  const { worker } = office.open({ it: gate.kind({ concurrency: 1 }) })
  await worker.start('it', 2, ada)
  expect(await office.end(record.id)).toMatchObject({ status: 'failed', error: { code: 'producer_lost' } })
})

test('with no room at all a process starts runs, and another works on them', async () => {
  const { worker } = office.open({ it: { concurrency: 0, run: () => Promise.reject(new Error('not here')) } })
  const { record } = await worker.start('it', 1, ada)
  expect(record).toMatchObject({ status: 'queued', fence: 0 })
  office.open({ it: { async *run() { yield 'done there' } } })
  await office.end(record.id)
  expect(await office.text(record.id)).toBe('done there')
})

test('`work` does a run at once, whatever the room, and once', async () => {
  let worked = 0
  const kind: AnyRunDefinition = { concurrency: 0, async *run() { worked += 1; yield 'x' } }
  const [one, two] = [office.open({ it: kind }), office.open({ it: kind })]
  const { record } = await one.worker.start('it', 1, ada)
  const did = await Promise.all([one.worker.work(record.id), two.worker.work(record.id)])
  expect(did.toSorted()).toEqual([false, true])
  expect(worked).toBe(1)
  expect(await office.end(record.id)).toMatchObject({ status: 'completed' })
  expect(await one.worker.work(record.id)).toBe(false)
  await expect(one.worker.work('nothing')).rejects.toMatchObject({ code: 'not_found' })
})

/** Ends when it is told to, or after the run that it is given. */
function waitingKind(gate: Gate, options: Partial<AnyRunDefinition> = {}): AnyRunDefinition {
  const plain = gate.kind()
  return {
    recover: 'resume', concurrency: 1, ...options,
    async *run(context) {
      const before = context.input as string | null
      if (before !== null) await context.outcome(before)
      if (plain.run !== 'elsewhere') yield String(await plain.run(context))
    },
  }
}

test('a run that waits for another keeps no place: the one it waits for is taken over where there is one place', async () => {
  const gate = new Gate()
  const doomed = office.open({ it: waitingKind(gate) }, { lease: 60 })
  const first = (await doomed.worker.start('it', null, ada)).record
  await until(() => gate.now === 1, 'its beginning')
  const second = (await doomed.worker.start('it', first.id, ada)).record
  office.open({ it: waitingKind(gate) }, { lease: 300 })
  await until(async () => (await office.record(second.id)).status === 'running', 'the second one’s wait')
  office.kill(doomed)
  await until(() => gate.now === 2, 'the takeover of the first one')
  gate.next()
  gate.next()
  await until(() => gate.waiting === 1, 'the second one’s turn')
  gate.next()
  for (const { id } of [first, second]) expect(await office.end(id)).toMatchObject({ status: 'completed' })
})

test('a run that would wait for its own end is told so', async () => {
  const kind: AnyRunDefinition = { run: ({ run, outcome }) => outcome(run).catch((error: unknown) => (error as { code: string }).code) }
  const { worker } = office.open({ it: kind })
  const { record } = await worker.start('it', null, ada)
  expect(await office.end(record.id)).toMatchObject({ status: 'completed', result: 'invalid_request' })
})

test('those that wait come back one at a time, before runs that have not begun', async () => {
  const gate = new Gate()
  const { worker } = office.open({ it: waitingKind(gate), other: waitingKind(gate, { concurrency: 9 }) }, { lease: 5_000 })
  const awaited = (await worker.start('other', null, ada)).record
  const waiters = await Promise.all([1, 2, 3].map(async () => (await worker.start('it', awaited.id, ada)).record))
  await until(async () => (await Promise.all(waiters.map(({ id }) => office.record(id)))).every(({ status }) => status === 'running'), 'all wait')
  const last = (await worker.start('it', null, ada)).record
  await until(() => gate.waiting === 2, 'the other and the last')
  gate.next()
  gate.next()
  for (let n = 0; n < 3; n += 1) {
    await until(() => gate.waiting === 1, 'the next')
    gate.next()
  }
  for (const { id } of [awaited, last, ...waiters]) expect(await office.end(id)).toMatchObject({ status: 'completed' })
  expect(gate.most).toBe(2)
})

test('who is cancelled while he waits for a place is gone from the line, and takes none', async () => {
  const gate = new Gate()
  const { worker } = office.open({ it: waitingKind(gate), other: waitingKind(gate, { concurrency: 9 }) }, { lease: 5_000 })
  const awaited = (await worker.start('other', null, ada)).record
  const waiter = (await worker.start('it', awaited.id, ada)).record
  const holder = (await worker.start('it', null, ada)).record
  await until(() => gate.waiting === 2, 'both')
  gate.next()
  await office.end(awaited.id)
  await worker.cancel(waiter.id)
  expect(await office.end(waiter.id)).toMatchObject({ status: 'cancelled' })
  gate.next()
  await office.end(holder.id)
  await worker.start('it', null, ada)
  await worker.start('it', null, ada)
  await until(() => gate.waiting === 1, 'one of the two')
  expect(await office.real.list({ kind: 'it', needs: 'owner', limit: 9 })).toHaveLength(1)
  gate.next()
  await until(() => gate.waiting === 1, 'the other of the two')
  gate.next()
})

test('those that wait for another run count among those that may wait', async () => {
  const gate = new Gate()
  const { worker } = office.open({ it: waitingKind(gate, { queue: 2 }), other: waitingKind(gate) }, { lease: 5_000 })
  const awaited = (await worker.start('other', null, ada)).record
  const start = async (): Promise<string> => (await worker.start('it', awaited.id, ada)).record.id
  const waiters = [await start(), await start()]
  await until(async () => (await Promise.all(waiters.map((id) => office.record(id)))).every(({ status }) => status === 'running'), 'both wait')
  await until(() => start().then(() => false, (error: unknown) => hasCode(error, 'queue_full')), 'the refusal')
  for (let n = 0; n < 9; n += 1) await expect(start()).rejects.toMatchObject({ code: 'queue_full' })
  await until(() => gate.waiting === 1, 'the one they wait for')
  gate.next()
  for (const id of waiters) {
    await until(() => gate.waiting === 1, 'its turn')
    gate.next()
    await office.end(id)
  }
})
