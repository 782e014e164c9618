import fc from 'fast-check'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { ProgressEvent } from '../../event/run-event.ts'
import { until } from '../../../../../test/support/run/faulty.ts'
import { kills, openDoomed } from '../../../../../test/support/run/kills.ts'
import { Office } from '../../../../../test/support/run/office.ts'
import { workflow } from './workflow.ts'

let office: Office
beforeEach(() => {
  office = new Office()
})
afterEach(() => office.close())

const runs = { workflow }
const input = { name: 'cloth', description: '' }

test('killed at any points, before or after a commit, a workflow has taken every step once and in order', async () => {
  await fc.assert(fc.asyncProperty(kills(5), async (fates) => {
    // Its own: a worker of another case would take the run over.
    await office.close()
    office = new Office()
    let run = ''
    let sent = 0
    const step = (): Promise<unknown> => {
      sent += 1
      return office.real.signal(run, { id: String(sent), type: 'progress', data: JSON.stringify(sent === 1 ? { op: 'start', item: run } : { op: 'increment', item: run, by: 1 }) })
    }
    for (const [index, fate] of fates.entries()) {
      const desk = openDoomed(office, runs, fate)
      if (index === 0) run = (await desk.worker.start('workflow', input, { principal: 'ada' })).record.id
      for (let n = 0; n < 4; n += 1) await step()
      await until(desk.isDead, 'the kill')
    }
    await office.real.signal(run, { id: 'end', type: 'progress', data: JSON.stringify({ op: 'complete', item: run }) })
    office.open(runs, { lease: 60 })
    expect(await office.end(run)).toMatchObject({ status: 'completed' })
    const words = (await office.entries(run)).filter((entry): entry is ProgressEvent & { readonly offset: number } => entry.type === 'progress')
    expect(words.filter(({ done }) => done !== undefined).map(({ status, done }) => `${status} ${String(done)}`)).toEqual([
      ...Array.from({ length: sent - 1 }, (_, n) => `running ${String(n + 1)}`), `completed ${String(sent - 1)}`,
    ])
  }), { numRuns: 8 })
}, 30_000)

test('a command that came too late is answered in the log, and the workflow goes on', async () => {
  const desk = office.open(runs)
  const { record } = await desk.worker.start('workflow', input, { principal: 'ada' })
  for (const op of ['start', 'start', 'complete']) await desk.worker.signal(record, 'progress', { op, item: record.id }, op === 'start' ? undefined : 'end')
  expect(await office.end(record.id)).toMatchObject({ status: 'completed' })
  const refused: readonly { readonly type: string; readonly code?: unknown }[] = await office.entries(record.id)
  expect(refused.filter(({ type }) => type === 'progress_refused').map(({ code }) => code)).toEqual(['invalid_transition'])
})

test('what is no command, and what is no workflow, is refused before it is kept', async () => {
  const desk = office.open(runs)
  const { record } = await desk.worker.start('workflow', input, { principal: 'ada' })
  await expect(desk.worker.signal(record, 'progress', { op: 'explode', item: record.id })).rejects.toMatchObject({ code: 'invalid_input' })
  for (const wrong of [null, {}, { name: '' }, { name: 1 }, { name: 'x', description: [] }]) {
    await expect(desk.worker.start('workflow', wrong, { principal: 'ada' })).rejects.toMatchObject({ code: 'invalid_input' })
  }
  for (const past of ['x', [null, { level: 'step', name: 'a', whole: -1, each: null }]]) await desk.worker.signal(record, 'progress_past', past)
  await desk.worker.signal(record, 'progress', { op: 'skip', item: record.id })
  expect(await office.end(record.id)).toMatchObject({ status: 'completed' })
})
