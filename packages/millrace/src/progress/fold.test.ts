import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Entry, KnownEvent, ProgressStatus } from '../event/run-event.ts'
import { ProgressFold } from './fold.ts'
import type { ProgressSnapshot } from './snapshot.ts'

const GROUP = 'g'.repeat(22)
const id = (n: number): string => `${GROUP}.${String(n).padStart(22, '0')}`
const [FLOW, FED] = [id(0), id(1)]

type Log = readonly KnownEvent[]
const said = (item: string, status: ProgressStatus, rest: object = {}): KnownEvent => ({ type: 'progress', item, status, ...rest })
const begun = (run: string, rest: object = {}): KnownEvent => ({ type: 'start', run, kind: 'k', progress: { name: run, ...rest } })

/** @param order which run's next entry comes next; what is left follows */
function folded(logs: readonly Log[], order: readonly number[] = [], endedAt: number | null = null): ProgressFold {
  const fold = new ProgressFold()
  const at = logs.map(() => 0)
  const next = (n: number): void => {
    const event = logs[n]?.[at[n] ?? 0]
    if (!event) return
    if (at[n] === 0) fold.run({ id: id(n), createdAt: 1_000 + n, endedAt })
    at[n] = (at[n] ?? 0) + 1
    const entry: Entry = { ...event, offset: at[n] ?? 0 }
    fold.add(id(n), entry)
    // A log that is read again from somewhere says nothing new.
    fold.add(id(n), entry)
  }
  for (const n of order) next(n)
  logs.forEach((log, n) => log.forEach(() => next(n)))
  return fold
}

const value = (...logs: Log[]): ProgressSnapshot => folded(logs).value()
const shown = (...logs: Log[]): unknown[] => value(...logs).items.map(({ name, depth, status, fraction }) => [name, depth, status, fraction])

test('weights roll up: workflow, step, subtask, operation', () => {
  const log = [
    begun(FLOW, { name: 'cloth' }), said(FLOW, 'running'),
    said('carding', 'completed', { weight: 1 }),
    said('weaving', 'running', { weight: 3 }),
    said('warp', 'running', { parent: 'weaving' }), said('thread', 'running', { parent: 'warp', done: 1, total: 4 }),
    said('weft', 'pending', { parent: 'weaving' }),
  ]
  const { items, fraction } = value(log)
  expect(items.map(({ name, level, fraction }) => [name, level, fraction])).toEqual([
    ['cloth', 'workflow', (1 + 3 * 0.125) / 4], ['carding', 'step', 1], ['weaving', 'step', 0.125],
    ['warp', 'subtask', 0.25], ['thread', 'operation', 0.25], ['weft', 'subtask', 0],
  ])
  expect(fraction).toBe((1 + 3 * 0.125) / 4)
})

test.each<[ProgressStatus, ProgressStatus[]]>([
  ['failed', ['completed', 'cancelled', 'cancelled', 'cancelled']],
  ['cancelled', ['completed', 'cancelled', 'cancelled', 'cancelled']],
  ['skipped', ['completed', 'skipped', 'skipped', 'skipped']],
  ['paused', ['completed', 'paused', 'pending', 'paused']],
  ['running', ['completed', 'running', 'pending', 'paused']],
])('what a parent comes to, its open children come to, in whatever run they live: %s', (parent, children) => {
  const steps = [said('step', 'running'), said('a', 'completed', { parent: 'step' }), said('b', 'running', { parent: 'step' }), said('c', 'pending', { parent: 'step' }), said('d', 'paused', { parent: 'step' })]
  const fed = [begun(FED, { parent: `${FLOW}/b` }), { type: 'status', status: 'at it' } as const]
  const { items } = value([begun(FLOW), ...steps, said('step', parent)], fed)
  const status = new Map(items.map((item) => [item.id, item.status]))
  expect(['a', 'b', 'c', 'd'].map((name) => status.get(`${FLOW}/${name}`))).toEqual(children)
  expect(status.get(FED)).toBe(children[1])
})

test.each([
  ['completed', [1, 'completed', 'completed', 'skipped']],
  ['failed', [0, 'failed', 'cancelled', 'cancelled']],
  ['cancelled', [0, 'cancelled', 'cancelled', 'cancelled']],
] as const)('a run that feeds an item ends it as it ends: %s', (status, [fraction, ...expected]) => {
  const { items } = value([begun(FLOW)], [begun(FED, { parent: FLOW }), said('a', 'running'), said('b', 'pending'), { type: 'end', status }])
  expect(items.slice(1).map((item) => item.status)).toEqual(expected)
  expect(items[1]?.fraction).toBe(fraction)
})

test('an item that a run feeds waits with its run, and runs with its first word', () => {
  const feed = begun(FED, { name: 'answer', total: 4 })
  expect(shown([begun(FLOW)], [feed])[1]).toEqual(['answer', 0, 'pending', 0])
  expect(shown([begun(FLOW)], [feed, { type: 'usage', usage: {} }])[1]).toEqual(['answer', 0, 'running', 0])
  expect(shown([begun(FLOW)], [feed, said(FED, 'running', { done: 3 })])[1]).toEqual(['answer', 0, 'running', 0.75])
  expect(shown([begun(FLOW)], [feed, said(FED, 'running', { done: 3 }), said('x', 'running'), { type: 'attempt', n: 2 }])).toHaveLength(2)
})

test('names that an object has for itself, and items of other runs, are names like any other', () => {
  const names = ['__proto__', 'constructor', 'toString', FED, `${FED}/x`, 'x'.repeat(22)]
  const { items } = value([begun(FLOW), ...names.map((name) => said(name, 'running'))], [begun(FED), said('x', 'failed')])
  expect(items.filter(({ parent }) => parent === FLOW).map((item) => item.id)).toEqual(names.map((name) => `${FLOW}/${name}`))
  expect(items.find((item) => item.id === `${FED}/x`)?.status).toBe('failed')
})

test('parents in a ring, and parents that are not there, leave a tree', () => {
  const { items } = value([said('a', 'running', { parent: 'b' }), said('b', 'running', { parent: 'a' }), said('c', 'running', { parent: 'c' }), said('d', 'running', { parent: 'none' })])
  expect(items.map(({ name, depth }) => [name, depth])).toEqual([['d', 0], ['a', 0], ['b', 1], ['c', 0]])
})

test('a log as deep as it is long, and one as wide, are folded in linear time and without recursion', () => {
  const deep = Array.from({ length: 20_000 }, (_, n) => said(String(n), 'running', { parent: String(n - 1) }))
  const wide = Array.from({ length: 20_000 }, (_, n) => said(`w${String(n)}`, 'running', { parent: 'w' }))
  expect(value([...deep, said('w', 'running'), ...wide]).items).toHaveLength(40_001)
})

const status = fc.constantFrom<ProgressStatus>('pending', 'running', 'paused', 'completed', 'failed', 'skipped', 'cancelled')
const name = fc.constantFrom('a', 'b', 'c', 'd', '__proto__')
const amount = fc.oneof(fc.integer({ min: -2, max: 20 }), fc.constantFrom(0, 1e308, 0.1))
const event: fc.Arbitrary<KnownEvent> = fc.oneof(
  fc.record({ type: fc.constant('progress' as const), item: fc.oneof(name, fc.constantFrom(FLOW, FED)), status }, { requiredKeys: ['type', 'item', 'status'] }),
  fc.record(
    { type: fc.constant('progress' as const), item: name, status, parent: fc.oneof(name, fc.constantFrom(FLOW, FED, `${FLOW}/a`, `${FED}/b`, id(2))), done: amount, total: amount, weight: amount, at: fc.integer({ min: 900, max: 5_000 }) },
    { requiredKeys: ['type', 'item', 'status'] },
  ),
  fc.constant({ type: 'attempt', n: 2 } as const),
)
const log = (n: number): fc.Arbitrary<Log> =>
  fc.tuple(fc.option(fc.constantFrom(FLOW, FED, `${FLOW}/a`, `${id(2)}/b`)), fc.array(event, { maxLength: 12 }), fc.constantFrom('completed', 'failed', 'cancelled', null)).map(([parent, events, end]) => [
    begun(id(n), parent === null ? {} : { parent }), ...events, ...(end === null ? [] : [{ type: 'end', status: end } as const]),
  ])

test('however the logs of the runs are mixed, the snapshot is the same', () => {
  fc.assert(fc.property(fc.tuple(log(0), log(1), log(2)), fc.array(fc.nat(2), { maxLength: 40 }), (logs, order) => {
    expect(folded(logs, order).value()).toEqual(folded(logs).value())
  }), { numRuns: 300 })
})

test('whatever logs say, every item stands once, below its parent, and no number leaves its bounds', () => {
  fc.assert(fc.property(fc.tuple(log(0), log(1), log(2)), (logs) => {
    const fold = folded(logs)
    const { items } = fold.value()
    expect(new Set(items.map((item) => item.id)).size).toBe(items.length)
    const before = new Map<string, number>()
    for (const { id: item, depth, parent, fraction, remaining } of items) {
      if (depth > 0) expect(before.get(parent ?? '')).toBe(depth - 1)
      before.set(item, depth)
      expect(fraction === null || (fraction >= 0 && fraction <= 1)).toBe(true)
      expect(remaining === null || remaining >= 0).toBe(true)
    }
    expect(JSON.parse(JSON.stringify(items))).toEqual(items)
  }), { numRuns: 300 })
})

test('work that is completed, skipped or counted up never takes the whole back', () => {
  const step = fc.record({ item: name, status: fc.constantFrom<ProgressStatus>('running', 'completed', 'skipped'), by: fc.nat(3) })
  const weights = fc.dictionary(name, fc.integer({ min: 0, max: 5 }))
  fc.assert(fc.property(weights, fc.array(step, { maxLength: 20 }), (weight, steps) => {
    const done = new Map<string, number>()
    const over = new Set<string>()
    const events: KnownEvent[] = ['a', 'b', 'c', 'd', '__proto__'].map((item) => said(item, 'running', { weight: Object.hasOwn(weight, item) ? weight[item] : 1, total: 10, done: 0 }))
    let last = 0
    for (const { item, status: to, by } of steps) {
      if (over.has(item)) continue
      if (to !== 'running') over.add(item)
      done.set(item, (done.get(item) ?? 0) + by)
      events.push(said(item, to, { done: done.get(item) }))
      const { fraction } = value([begun(FLOW), ...events])
      expect(fraction).toBeGreaterThanOrEqual(last - 1e-12)
      last = fraction ?? 0
    }
  }))
})
