import fc from 'fast-check'
import { expect, test } from 'vitest'
import { PublicError } from '../event/error.ts'
import type { ProgressStatus } from '../event/run-event.ts'
import { eventsOf, toCommand, type ProgressCommand } from './command.ts'
import { ProgressFold } from './fold.ts'

const RUN = `${'g'.repeat(22)}.${'r'.repeat(22)}`
const at = (name: string): string => `${RUN}/${name}`

class Desk {
  readonly fold: ProgressFold = new ProgressFold()
  #offset = 2

  constructor() {
    this.fold.run({ id: RUN, createdAt: 0, endedAt: null })
    this.fold.add(RUN, { type: 'start', run: RUN, kind: 'workflow', progress: { name: 'cloth' }, offset: 1 })
    this.fold.add(RUN, { type: 'progress', item: RUN, status: 'pending', offset: 2 })
  }

  say(command: ProgressCommand): this {
    for (const event of eventsOf(this.fold, RUN, command, 1)) this.fold.add(RUN, { ...event, offset: (this.#offset += 1) })
    return this
  }

  add(name: string, parent: string = RUN): this {
    return this.say({ op: 'add', item: at(name), parent, name })
  }

  status(item: string): ProgressStatus | undefined {
    return this.fold.value().items.find(({ id }) => id === item)?.status
  }
}

const impossible = expect.objectContaining({ code: 'invalid_transition' }) as unknown as Error
const OPS = ['start', 'pause', 'resume', 'complete', 'fail', 'skip', 'cancel', 'update'] as const
/** What may become of an item in each status, and nothing else. */
const POSSIBLE: Readonly<Record<ProgressStatus, readonly string[]>> = {
  pending: ['start', 'skip', 'cancel'], running: ['pause', 'complete', 'fail', 'skip', 'cancel', 'update'], paused: ['resume', 'fail', 'skip', 'cancel'],
  completed: [], failed: [], skipped: [], cancelled: [],
}
const WAY: Readonly<Record<ProgressStatus, readonly (typeof OPS)[number][]>> = {
  pending: [], running: ['start'], paused: ['start', 'pause'], completed: ['start', 'complete'], failed: ['start', 'fail'], skipped: ['skip'], cancelled: ['cancel'],
}

test.each(Object.keys(POSSIBLE) as ProgressStatus[])('what may become of an item that is %s', (status) => {
  const possible = OPS.filter((op) => {
    const desk = new Desk().add('a')
    for (const before of WAY[status]) desk.say({ op: before, item: at('a') })
    expect(desk.status(at('a'))).toBe(status)
    try {
      desk.say({ op, item: at('a') })
      return true
    } catch (error) {
      expect(error).toEqual(impossible)
      return false
    }
  })
  expect(possible).toEqual(OPS.filter((op) => POSSIBLE[status].includes(op)))
})

test('what begins begins what it is a part of', () => {
  const desk = new Desk().add('a').add('b', at('a')).say({ op: 'start', item: at('b') })
  expect([RUN, at('a'), at('b')].map((item) => desk.status(item))).toEqual(['running', 'running', 'running'])
})

test('a paused parent holds its children, and gives each its own status back', () => {
  const desk = new Desk().add('a').add('b', at('a')).add('c', at('a')).add('d', at('a'))
  desk.say({ op: 'start', item: at('b') }).say({ op: 'start', item: at('c') }).say({ op: 'pause', item: at('c') }).say({ op: 'pause', item: at('a') })
  expect(() => desk.say({ op: 'start', item: at('d') })).toThrow(impossible)
  expect(() => desk.say({ op: 'resume', item: at('b') })).toThrow(impossible)
  expect(() => desk.say({ op: 'increment', item: at('b'), by: 1 })).toThrow(impossible)
  desk.say({ op: 'resume', item: at('a') })
  expect(['b', 'c', 'd'].map((name) => desk.status(at(name)))).toEqual(['running', 'paused', 'pending'])
})

test('nothing is completed over an open part, and what failed cancels its own', () => {
  const desk = new Desk().add('a').add('b', at('a')).say({ op: 'start', item: at('b') })
  expect(() => desk.say({ op: 'complete', item: at('a') })).toThrow(impossible)
  desk.say({ op: 'fail', item: at('a'), message: 'torn' })
  expect([desk.status(at('a')), desk.status(at('b')), desk.status(RUN)]).toEqual(['failed', 'cancelled', 'running'])
  expect(() => desk.say({ op: 'complete', item: at('b') })).toThrow(impossible)
  expect(() => desk.add('c', at('a'))).toThrow(impossible)
})

test('an item is added once, and not deeper than an operation', () => {
  const desk = new Desk().add('a').add('a').add('b', at('a')).add('c', at('b'))
  expect(desk.fold.value().items).toHaveLength(4)
  expect(() => desk.add('b')).toThrow(impossible)
  expect(() => desk.add('d', at('c'))).toThrow(impossible)
  expect(() => desk.add('d', at('nowhere'))).toThrow(expect.objectContaining({ code: 'not_found' }))
})

test('increments add up, an update changes only what it names, completion makes it whole', () => {
  const desk = new Desk().say({ op: 'add', item: at('a'), parent: RUN, name: 'a', total: 5, weight: 2 }).say({ op: 'start', item: at('a') })
  desk.say({ op: 'increment', item: at('a'), by: 1 }).say({ op: 'increment', item: at('a'), by: 2 }).say({ op: 'update', item: at('a'), message: 'spinning' })
  expect(desk.fold.item(at('a'))).toMatchObject({ done: 3, total: 5, weight: 2, message: 'spinning' })
  desk.say({ op: 'complete', item: at('a') })
  expect(desk.fold.item(at('a'))).toMatchObject({ done: 5, message: 'spinning' })
})

test('an increment beyond what a number holds is refused, and the workflow goes on', () => {
  const desk = new Desk().add('a').say({ op: 'start', item: at('a') }).say({ op: 'increment', item: at('a'), by: 1e308 })
  expect(() => desk.say({ op: 'increment', item: at('a'), by: 1e308 })).toThrow(impossible)
  desk.say({ op: 'increment', item: at('a'), by: -1e308 })
  expect(desk.fold.item(at('a'))).toMatchObject({ done: 0 })
})

test('an item of another run is not this run’s to move', () => {
  expect(() => eventsOf(new Desk().fold, RUN, { op: 'start', item: `${'x'.repeat(22)}/a` }, 1)).toThrow(impossible)
})

test('what is no command is refused, and no command in its form breaks anything', () => {
  for (const value of [null, 1, {}, { op: 'toString', item: 'a' }, { op: 'add', item: 'a' }, { op: 'update', item: 'a', done: -1 }, { op: 'start', item: '' }, { op: 'increment', item: 'a' }, { op: 'update', item: 'a', total: 'x' }]) {
    expect(() => toCommand(value)).toThrow(PublicError)
  }
  const item = fc.constantFrom(RUN, at('a'), at('b'), at('__proto__'))
  const command = fc.record({ op: fc.constantFrom('add', 'increment', ...OPS), item, parent: item, name: fc.constant('n'), by: fc.integer(), done: fc.nat() })
  fc.assert(fc.property(fc.array(command, { maxLength: 15 }), (commands) => {
    const desk = new Desk()
    const seen = new Map<string, ProgressStatus>()
    for (const said of commands) {
      try {
        desk.say(toCommand(said))
      } catch (error) {
        expect(['invalid_transition', 'not_found']).toContain((error as { code?: string }).code)
      }
      // What has come to its end stays there.
      for (const { id, status } of desk.fold.value().items) {
        if (['completed', 'failed', 'skipped', 'cancelled'].includes(seen.get(id) ?? '')) expect(status).toBe(seen.get(id))
        seen.set(id, status)
      }
    }
  }))
})
