import { expect, test } from 'vitest'
import type { KnownEvent, ProgressStatus } from '../event/run-event.ts'
import type { Past } from './estimate.ts'
import { ProgressFold } from './fold.ts'

const RUN = `${'g'.repeat(22)}.${'r'.repeat(22)}`
const said = (item: string, status: ProgressStatus, at: number, rest: object = {}): KnownEvent => ({ type: 'progress', item, name: item.replace(/\d/, ''), status, at, ...rest })

/** What is left of each item, by its name in the log. */
function left(events: readonly KnownEvent[], past: Past = []): Record<string, number | null> {
  const fold = new ProgressFold()
  fold.run({ id: RUN, createdAt: 0, endedAt: null })
  fold.recall(past)
  const all: readonly KnownEvent[] = [{ type: 'start', run: RUN, kind: 'k', progress: { name: 'cloth' } }, said(RUN, 'running', 0), ...events]
  all.forEach((event, n) => fold.add(RUN, { ...event, offset: n + 1 }))
  return Object.fromEntries(fold.value().items.map(({ id, remaining }) => [id.slice(RUN.length + 1), remaining]))
}

test('where nothing tells, nothing is guessed', () => {
  expect(left([said('a', 'running', 0), said('b', 'pending', 500)])).toEqual({ '': null, a: null, b: null })
})

test('its own pace tells, without its pauses and those of what it is a part of', () => {
  const events = [
    said('s', 'running', 0), said('a', 'running', 0, { parent: 's', total: 10 }),
    said('a', 'paused', 100), said('s', 'paused', 200), said('a', 'running', 400), said('s', 'running', 600),
    said('a', 'running', 700, { done: 5 }),
  ]
  // 100 ms before the pauses, 100 ms after them: half is done.
  expect(left(events)['a']).toBe(200)
  expect(left(events)['s']).toBe(200)
})

test('like work tells before a thing has begun: the middle of what it took, not the mean', () => {
  const took = [100, 120, 90_000]
  const events = took.flatMap((ms, n) => [said(`job${String(n)}`, 'running', 0), said(`job${String(n)}`, 'completed', ms)])
  expect(left([...events, said('job8', 'pending', 90_000)])['job8']).toBe(120)
})

test('like work of another size tells by what one of it took', () => {
  const events = [said('job1', 'running', 0, { total: 10 }), said('job1', 'completed', 100, { done: 10 }), said('job2', 'pending', 100, { total: 50 })]
  expect(left(events)['job2']).toBe(500)
})

test('what has begun is judged by like work first and by its own pace in the end', () => {
  const past = [{ level: 'step', name: 'job', whole: 1_000, each: 10 }] as const
  const at = (done: number): number => left([said('job1', 'running', 0, { total: 100 }), said('job1', 'running', 2_000 * (done / 100), { done })], past)['job1'] ?? NaN
  expect(left([said('job1', 'pending', 0, { total: 100 })], past)['job1']).toBe(1_000)
  expect(at(50)).toBe(750)
  expect(at(90)).toBeCloseTo(190)
})

test('work with no count is left what like work took longer, and never less than nothing', () => {
  const past = [{ level: 'step', name: 'job', whole: 1_000, each: null }] as const
  expect(left([said('job1', 'running', 0), said('x', 'failed', 400)], past)['job1']).toBe(600)
  expect(left([said('job1', 'running', 0), said('x', 'failed', 4_000)], past)['job1']).toBe(0)
})

test('a parent waits for what runs side by side together, and then for what has not begun', () => {
  const past = [{ level: 'step', name: 'job', whole: 1_000, each: null }] as const
  const events = [said('job1', 'running', 0), said('job2', 'running', 300), said('job3', 'pending', 400), said('job4', 'skipped', 400)]
  expect(left(events, past)['']).toBe(900 + 1_000)
})

test('the same name on another level is other work', () => {
  const events = [said('a', 'running', 0), said('job1', 'running', 0, { parent: 'a' }), said('job1', 'completed', 100), said('job2', 'pending', 100)]
  expect(left(events)['job2']).toBeNull()
})
