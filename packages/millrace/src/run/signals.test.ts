import fc from 'fast-check'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { z } from 'zod'
import { PublicError } from '../event/error.ts'
import { defineRun, type AnyRunDefinition } from './define.ts'
import { turns, until } from '../../../../test/support/run/faulty.ts'
import { kills, openDoomed } from '../../../../test/support/run/kills.ts'
import { Office, type Desk } from '../../../../test/support/run/office.ts'

let office: Office
beforeEach(() => {
  office = new Office()
})
afterEach(() => office.close())

const ada = { principal: 'ada' }
const anything = (value: unknown): unknown => value

/** Says of every signal what it brought, twice, and how often a handler was begun. */
function noting(recover: 'fail' | 'restart' | 'resume'): AnyRunDefinition {
  return {
    recover,
    signals: { note: anything, stop: anything },
    async *run({ signals, attempt }) {
      yield { type: 'begun', attempt }
      for await (const { type, data } of signals as AsyncIterable<{ type: string; data: string }>) {
        if (type === 'stop') return 'stopped'
        yield { type: 'noted', data }
        yield { type: 'noted_again', data }
      }
    },
  }
}

async function started(desk: Desk): Promise<string> {
  return (await desk.worker.start('it', null, ada)).record.id
}

async function sent(desk: Desk, run: string, type: string, data: string, id?: string): Promise<void> {
  await desk.worker.signal(await office.record(run), type, data, id)
}

async function noted(run: string, type = 'noted'): Promise<unknown[]> {
  const entries: readonly { readonly type: string; readonly data?: unknown }[] = await office.entries(run)
  return entries.flatMap((entry) => (entry.type === type ? [entry.data] : []))
}

test('signals reach a working handler at once, in order, whoever sent them, and each id once', async () => {
  const desk = office.open({ it: noting('fail') }, { lease: 600_000 })
  const other = office.open({ it: noting('fail') }, { lease: 600_000 })
  const run = await started(desk)
  for (const word of ['a', 'b', 'c']) await sent(word === 'b' ? desk : other, run, 'note', word, word)
  await sent(other, run, 'note', 'other', 'b')
  await until(async () => (await noted(run)).length === 3, 'all are noted, long before a renewal')
  await sent(other, run, 'stop', '')
  expect(await office.end(run)).toMatchObject({ status: 'completed', result: 'stopped' })
  expect(await noted(run)).toEqual(['a', 'b', 'c'])
})

test.each(['fail', 'restart', 'resume'] as const)('a run that waits for long is let go of, and a signal brings it back without a loss: %s', async (recover) => {
  const runs = { it: { ...noting(recover), attempts: 1 } }
  const desks = [office.open(runs, { patience: 1 }), office.open(runs, { patience: 1 })]
  const run = await started(desks[0]!)
  for (const [n, word] of ['a', 'b', 'c'].entries()) {
    await until(async () => (await office.record(run)).status === 'waiting', 'it waits')
    expect(await office.record(run)).toMatchObject({ leaseUntil: 0, losses: 0, fence: n + 1 })
    await sent(desks[n % 2]!, run, 'note', word)
    await until(async () => (await noted(run)).length === n + 1, 'it is noted')
  }
  await sent(desks[0]!, run, 'stop', '')
  expect(await office.end(run)).toMatchObject({ status: 'completed', result: 'stopped' })
  expect(await noted(run)).toEqual(['a', 'b', 'c'])
  expect((await office.entries(run)).some((entry) => entry.type === 'attempt')).toBe(false)
  expect(desks.flatMap((desk) => desk.logged)).toEqual([])
})

test('a run that went on after it waited and then lost its producer is lost all the same', async () => {
  const first = office.open({ it: noting('fail') }, { patience: 1 })
  const run = await started(first)
  await until(async () => (await office.record(run)).status === 'waiting', 'it waits')
  await first.worker.close()
  const second = office.open({ it: noting('fail') })
  await sent(second, run, 'note', 'a')
  await until(async () => (await noted(run)).length === 1, 'it went on')
  office.kill(second)
  office.open({ it: noting('fail') })
  expect(await office.end(run)).toMatchObject({ status: 'failed', error: { code: 'producer_lost' } })
})

test('a process that closes gives a run that waits back as waiting, and nobody takes it before its signal', async () => {
  const desk = office.open({ it: noting('fail') }, { lease: 600_000 })
  const run = await started(desk)
  await until(async () => (await noted(run, 'begun')).length === 1, 'it waits')
  await turns(3)
  await desk.worker.close()
  expect(await office.record(run)).toMatchObject({ status: 'waiting', leaseUntil: 0 })
  let looks = 0
  const next = office.open({ it: noting('fail') }, {}, { call: (name) => { if (name === 'list') looks += 1; return 'ok' } })
  await until(() => looks > 2, 'some looks for orphans')
  expect(await office.record(run)).toMatchObject({ status: 'waiting', fence: 1 })
  await sent(next, run, 'stop', '')
  expect(await office.end(run)).toMatchObject({ status: 'completed' })
})

test('a signal that comes while its run is let go of is not lost', async () => {
  const desk = office.open({ it: noting('fail') }, { patience: 0 }, { append: (write) => {
    if (write.release === 'waiting') void office.real.signal(run, { id: 'late', type: 'stop', data: '""' })
    return 'ok'
  } })
  const run = await started(desk)
  expect(await office.end(run)).toMatchObject({ status: 'completed', result: 'stopped' })
})

test('killed at any points, before or after a commit, a resumed run has noted every signal once, whole and in order', async () => {
  await fc.assert(fc.asyncProperty(kills(6), async (fates) => {
    // Its own: a worker of another case would take the run over.
    await office.close()
    office = new Office()
    const runs = { it: { ...noting('resume'), attempts: 50 } }
    const words = Array.from({ length: 12 }, (_, n) => `word${String(n)}`)
    const sending = (word: string, type = 'note'): Promise<unknown> => office.real.signal(run, { id: word, type, data: JSON.stringify(word) })
    let run = ''
    for (const [index, fate] of fates.entries()) {
      const desk = openDoomed(office, runs, fate)
      if (index === 0) run = await started(desk)
      for (const word of words.splice(0, 4)) await sending(word)
      await until(desk.isDead, 'the kill')
    }
    for (const word of words) await sending(word)
    await sending('stop', 'stop')
    office.open(runs, { lease: 60 })
    await office.end(run)
    const all = Array.from({ length: 12 }, (_, n) => `word${String(n)}`)
    expect(await noted(run)).toEqual(all)
    expect(await noted(run, 'noted_again')).toEqual(all)
  }), { numRuns: 8 })
}, 30_000)

test('what is said of a signal and that it is done with stand in one write, also while another is in flight', async () => {
  const desk = office.open({ it: {
    signals: { go: anything },
    async *run({ signals }) {
      for (let n = 0; n < 5; n += 1) {
        yield `${String(n)} `
        await turns(1)
      }
      await signals.next()
      yield 'one '
      yield 'two '
      yield 'three'
    },
  } }, { lease: 600_000 }, { append: () => 'slow' })
  const run = await started(desk)
  await sent(desk, run, 'go', '')
  await office.end(run)
  const answer = desk.writes.find((write) => write.consumed !== undefined)
  const said = new TextDecoder().decode(answer?.bytes)
  expect(['one ', 'two ', 'three'].every((word) => said.includes(`"${word}"`))).toBe(true)
  expect(desk.writes.slice(0, desk.writes.indexOf(answer!)).every((write) => !new TextDecoder().decode(write.bytes).includes('one'))).toBe(true)
})

test('an answer that is saved at once is not asked for again', async () => {
  const kind = defineRun({
    recover: 'resume',
    signals: { approval: z.object({ approved: z.boolean(), note: z.string().default('none') }) },
    async *run({ signals, checkpoint, resumed, attempt }) {
      const known = resumed?.checkpoint?.data as { note: string } | undefined
      if (!resumed) yield { type: 'status', status: 'waiting', message: 'Shall I?' }
      const answer = known ?? (await signals.next()).value.data
      checkpoint(answer)
      yield answer.note
      // The first one that gets so far never goes on.
      if (attempt < 3) await new Promise(() => undefined)
      return answer
    },
  })
  const desk = office.open({ it: kind }, { patience: 1 })
  const run = await started(desk)
  await until(async () => (await office.record(run)).status === 'waiting', 'it waits')
  await desk.worker.signal(await office.record(run), 'approval', { approved: true })
  await until(async () => (await office.text(run)) === 'none', 'the answer')
  office.kill(desk)
  office.open({ it: kind })
  expect(await office.end(run)).toMatchObject({ status: 'completed', result: { approved: true, note: 'none' } })
  expect((await office.entries(run)).filter((entry) => entry.type === 'status')).toHaveLength(1)
})

test('poll takes what is there, and does not wait', async () => {
  const desk = office.open({ it: { signals: { note: anything }, async *run({ signals }) {
    const before = await signals.poll()
    let found: unknown = null
    while (found === null) {
      yield '.'
      await turns(1)
      found = await signals.poll()
    }
    return { before, found }
  } } }, { patience: 0 })
  const run = await started(desk)
  await sent(desk, run, 'note', 'a', 'id-1')
  expect(await office.end(run)).toMatchObject({ result: { before: null, found: { id: 'id-1', type: 'note', data: 'a' } } })
})

test('cancel ends a run that waits, in a process or in none', async () => {
  const desk = office.open({ it: noting('fail') }, { patience: 60_000 })
  const held = await started(desk)
  await turns(3)
  await desk.worker.cancel(held)
  expect(await office.end(held)).toMatchObject({ status: 'cancelled' })
  const hasty = office.open({ it: noting('fail') }, { patience: 0 })
  const free = await started(hasty)
  await until(async () => (await office.record(free)).status === 'waiting', 'it waits')
  await desk.worker.cancel(free)
  expect(await office.end(free)).toMatchObject({ status: 'cancelled' })
})

test('what a kind does not take is refused before it is kept', async () => {
  const desk = office.open({ it: {
    signals: { count: z.number(), word: (value: unknown) => { throw new PublicError('bad', `no ${String(value)}`) } },
    run: () => new Promise(() => undefined),
  } })
  const record = await office.record(await started(desk))
  await expect(desk.worker.signal(record, 'count', 'three')).rejects.toMatchObject({ code: 'invalid_input' })
  await expect(desk.worker.signal(record, 'word', 'x')).rejects.toMatchObject({ code: 'invalid_input', message: 'no x' })
  for (const type of ['other', 'constructor', '__proto__', '']) {
    await expect(desk.worker.signal(record, type, 1)).rejects.toMatchObject({ code: 'invalid_input' })
  }
  await expect(office.open({}).worker.signal(record, 'count', 1)).rejects.toMatchObject({ code: 'unknown_kind' })
  expect((await office.real.acquire(record.id, 'f'.repeat(32), 1, { revoke: true }))?.signals).toEqual([])
  await expect(office.open({ it: noting('fail') }).worker.signal(record, 'note', 'x'.repeat(70_000))).rejects.toMatchObject({ code: 'too_large' })
})

test('a signal that a newer version of a kind no longer takes is passed over, with a warning', async () => {
  const old = office.open({ it: noting('fail') }, { patience: 0 })
  const run = await started(old)
  await until(async () => (await office.record(run)).status === 'waiting', 'it waits')
  await old.worker.close()
  for (const [id, type] of [['a', 'note'], ['b', 'stop']] as const) await office.real.signal(run, { id, type, data: '""' })
  const { stop } = noting('fail').signals!
  const desk = office.open({ it: { ...noting('fail'), signals: { stop: stop! } } })
  expect(await office.end(run)).toMatchObject({ result: 'stopped' })
  expect(await noted(run)).toEqual([])
  expect(desk.logged).toMatchObject([{ message: 'A signal is not taken any more.', details: { signal: 'a', type: 'note' } }])
})
