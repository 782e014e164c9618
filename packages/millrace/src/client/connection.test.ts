import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { MillraceError, type ErrorCode } from '../event/error.ts'
import { broken, next, statusOf, type ConnectionEvent, type ConnectionState, type Pulse, type Step } from './connection.ts'

const BUDGET = 120_000
const lost = (retryAfter = 0): ConnectionEvent => ({ type: 'lost', error: broken('cut'), retryAfter })
const refused = (code: ErrorCode): ConnectionEvent => ({
  type: 'lost',
  error: new MillraceError(code, 'no'),
  retryAfter: 0,
})

/** What the reader does between the machine's events. */
type Reader = 'read' | 'bytes' | 'entry' | { readonly retry: number }
const read = 'read'
const bytes = 'bytes'
const entry = 'entry'

/** The machine, and what its connector keeps beside it. */
class Machine {
  state: ConnectionState = { name: 'idle' }
  actions: Step['actions'] = []
  #pulse: Pulse = { asked: 0, waiting: false, progress: false, retry: 0 }

  take(now: number, event: ConnectionEvent | Reader, { random = 0.5, online = true } = {}): this {
    if (typeof event === 'string' || 'retry' in event) {
      this.#saw(now, event)
      return this
    }
    const { state, actions } = next(this.state, event, { now, random, online, pulse: this.#pulse })
    if (event.type === 'opened') this.#pulse = { ...this.#pulse, waiting: false }
    if (actions.includes('connect')) this.#pulse = { ...this.#pulse, asked: now, waiting: true, progress: false }
    this.state = state
    this.actions = actions
    return this
  }

  #saw(now: number, what: Reader): void {
    // There is nothing else to read.
    if (this.state.name !== 'live') return
    const { progress } = this.#pulse
    if (typeof what === 'object') this.#pulse = { ...this.#pulse, ...what }
    else if (what === 'read') this.#pulse = { ...this.#pulse, asked: now, waiting: true }
    else this.#pulse = { ...this.#pulse, waiting: false, progress: progress || what === 'entry' }
  }
}

/** Plays `events`, each at its time, from the start; half of the jitter, online. */
type At = readonly [now: number, event: ConnectionEvent | Reader]
function play(...events: readonly At[]): Machine {
  const machine = new Machine().take(0, { type: 'start' })
  for (const [now, event] of events) machine.take(now, event)
  return machine
}

function failure({ state }: Machine): MillraceError | null {
  return state.name === 'failed' ? state.error : null
}

describe('the way to an end', () => {
  test('start asks at once and watches for silence', () => {
    expect(play()).toMatchObject({ state: { name: 'connecting' }, actions: ['connect', { timer: 40_000 }] })
  })

  test('an accepted request is live', () => {
    expect(play([5, { type: 'opened' }])).toMatchObject({
      state: { name: 'live' },
      actions: [{ timer: 40_000 }],
    })
  })

  test('the end and leaving let go of everything, and nothing moves a final state', () => {
    for (const type of ['ended', 'closed'] as const) {
      expect(play([5, { type: 'opened' }], [6, { type }])).toEqual({ state: { name: type }, actions: ['release'] })
      expect(play([6, { type }], [7, { type: 'timer' }], [8, lost()])).toEqual({ state: { name: type }, actions: [] })
    }
    expect(play([1, lost()], [2, { type: 'closed' }])).toEqual({ state: { name: 'closed' }, actions: ['release'] })
  })

  test.each(['unauthorized', 'forbidden', 'not_found', 'gone', 'reset', 'key_reused', 'invalid_input'] as const)(
    '%s is final',
    (code) => {
      expect(failure(play([5, refused(code)]))?.code).toBe(code)
      expect(failure(play([5, { type: 'opened' }], [6, refused(code)]))?.code).toBe(code)
    },
  )
})

describe('backing off', () => {
  test('a broken attempt waits with full jitter, doubling up to 10 s', () => {
    const step = play()
    const delays: unknown[] = []
    for (let i = 0; i < 7; i++) {
      step.take(0, lost())
      delays.push(step.actions)
      step.take(0, { type: 'timer' })
      expect(step.actions).toEqual(['connect', { timer: 40_000 }])
    }
    const timers = [250, 500, 1000, 2000, 4000, 5000, 5000]
    expect(delays).toEqual(timers.map((timer) => ['disconnect', { timer }]))
  })

  test('an entry that arrives begins the backoff and the budget anew, a heartbeat does not', () => {
    const again = [
      [0, lost()],
      [250, { type: 'timer' }],
      [260, { type: 'opened' }],
    ] as const
    expect(play(...again, [261, read], [262, bytes], [263, lost()]).actions).toEqual(['disconnect', { timer: 500 }])
    expect(play(...again, [261, read], [262, entry], [263, lost()]).actions).toEqual(['disconnect', { timer: 250 }])
  })

  test('a connection that was alive for long begins them anew too, one that was silent does not', () => {
    const again = [
      [0, lost()],
      [250, { type: 'timer' }],
      [260, { type: 'opened' }],
      [261, read],
    ] as const
    expect(play(...again, [30_000, bytes], [30_000, read], [30_001, lost()]).actions).toEqual(['disconnect', { timer: 250 }])
    expect(play(...again, [30_001, lost()]).actions).toEqual(['disconnect', { timer: 500 }])
  })

  test('Retry-After and retry are waited for on top of the jitter', () => {
    expect(play([0, lost(5000)]).actions).toEqual(['disconnect', { timer: 5250 }])
    const hinted = play([0, { type: 'opened' }], [1, { retry: 3000 }], [2, lost()])
    expect(hinted.actions).toEqual(['disconnect', { timer: 3250 }])
  })

  test('a Retry-After beyond the budget is not waited for', () => {
    expect(failure(play([0, lost(BUDGET)]))).toMatchObject({
      code: 'incomplete',
      retryable: false,
      cause: { message: 'cut' },
    })
  })
})

describe('silence', () => {
  test('40 s without an answer or a byte end an attempt', () => {
    expect(play([40_000, { type: 'timer' }]).state).toMatchObject({ name: 'waiting', effort: { spent: 40_000 } })
    expect(play([0, { type: 'opened' }], [1, read], [40_001, { type: 'timer' }]).state).toMatchObject({
      name: 'waiting',
    })
  })

  test('any byte feeds the watchdog', () => {
    const step = play([0, { type: 'opened' }], [1, read], [39_000, bytes], [39_001, read], [40_000, { type: 'timer' }])
    expect(step).toMatchObject({ state: { name: 'live' }, actions: [{ timer: 39_001 }] })
  })

  test('while nobody reads, silence means nothing', () => {
    const step = play([0, { type: 'opened' }], [1, read], [2, bytes], [500_000, { type: 'timer' }])
    expect(step).toMatchObject({ state: { name: 'live' }, actions: [{ timer: 40_000 }] })
  })

  test('three silent attempts use up the budget', () => {
    const step = play()
    for (let now = 0; step.state.name !== 'failed'; now += 40_000) {
      expect(now).toBeLessThanOrEqual(280_000)
      step.take(now, { type: 'timer' }, { random: 0 })
    }
    expect(failure(step)).toMatchObject({ code: 'incomplete', cause: { code: 'incomplete' } })
  })

  test('a suspended machine does not spend its budget asleep', () => {
    expect(play([0, lost()], [9_000_000, { type: 'timer' }]).state).toMatchObject({
      name: 'connecting',
      effort: { spent: 250 },
    })
    expect(play([9_000_000, { type: 'timer' }]).state).toMatchObject({ name: 'waiting', effort: { spent: 40_000 } })
  })
})

describe('wake-ups', () => {
  const wake = (wake: 'online' | 'visible' | 'restored'): ConnectionEvent => ({ type: 'wake', wake })

  test.each(['online', 'visible', 'restored'] as const)('%s ends a wait at once', (why) => {
    expect(play([0, lost()], [10, wake(why)])).toMatchObject({ state: { name: 'connecting', effort: { spent: 10 } } })
  })

  test('but not before what the server asked for', () => {
    const step = play([0, lost(5000)], [10, wake('online')])
    expect(step).toMatchObject({ state: { name: 'waiting', until: 5000 }, actions: [{ timer: 4990 }] })
    expect(step.take(5000, wake('online'), { random: 0 }).actions).toContain('connect')
  })

  test('a new network or a restored page replaces a live connection, a look at the page only a late one', () => {
    const live = [
      [0, { type: 'opened' }],
      [1, read],
    ] as const
    expect(play(...live, [10, wake('online')]).actions).toContain('connect')
    expect(play(...live, [10, wake('restored')]).actions).toContain('connect')
    expect(play(...live, [10, wake('visible')]).actions).toEqual([])
    expect(play(...live, [20_001, wake('visible')]).actions).toContain('connect')
  })
})

describe('offline', () => {
  test('waits for the network, spends nothing, and tries now and then all the same', () => {
    const step = play().take(100, lost(), { online: false })
    expect(step).toMatchObject({ state: { name: 'offline' }, actions: ['disconnect', { timer: 30_000 }] })
    for (const event of [{ type: 'timer' }, { type: 'wake', wake: 'online' }] as const) {
      const step = play().take(100, lost(), { online: false })
      const again = step.take(900_000, event)
      expect(again).toMatchObject({ state: { name: 'connecting', effort: { spent: 100 } } })
    }
  })
})

test('a page is told the first connection from the later ones', () => {
  const names = (...events: readonly At[]): string => statusOf(play(...events).state)
  expect(statusOf({ name: 'idle' })).toBe('idle')
  expect(names()).toBe('connecting')
  expect(names([1, lost()])).toBe('connecting')
  expect(names([1, { type: 'opened' }])).toBe('live')
  expect(names([1, { type: 'opened' }], [2, lost()])).toBe('reconnecting')
  expect(names([1, { type: 'opened' }], [2, lost()], [3, { type: 'timer' }])).toBe('reconnecting')
  expect(names([1, { type: 'opened' }], [2, lost()], [3, { type: 'timer' }], [4, { type: 'opened' }])).toBe('resumed')
  expect(names([1, { type: 'closed' }])).toBe('idle')
  expect(names([1, { type: 'ended' }])).toBe('ended')
  expect(names([1, refused('gone')])).toBe('failed')
})

test('no sequence of events wedges it: a timer runs, or it is over', () => {
  const event = fc.oneof(
    fc.constantFrom<ConnectionEvent | Reader>(
      { type: 'opened' },
      read,
      bytes,
      entry,
      { type: 'timer' },
      { type: 'timer' },
      lost(),
      lost(),
    ),
    fc.constantFrom<ConnectionEvent>({ type: 'ended' }, { type: 'closed' }, { type: 'start' }, refused('gone')),
    fc.record({
      type: fc.constant('wake' as const),
      wake: fc.constantFrom('online' as const, 'visible' as const, 'restored' as const),
    }),
    fc.record({ retry: fc.nat() }),
    fc.nat(200_000).map((ms) => lost(ms)),
  )
  const moment = fc.record({
    event,
    wait: fc.nat(50_000),
    random: fc.double({ min: 0, max: 0.999, noNaN: true }),
    online: fc.boolean(),
  })

  fc.assert(
    fc.property(fc.array(moment, { maxLength: 60 }), (moments) => {
      let now = 0
      const machine = new Machine()
      const timer = { armed: false }
      const take = (event: ConnectionEvent | Reader, random: number, online: boolean): void => {
        const step = machine.take(now, event, { random, online })
        if (typeof event === 'string' || 'retry' in event) return
        if (event.type === 'timer') timer.armed = false
        for (const action of step.actions) {
          if (action === 'release') timer.armed = false
          if (typeof action !== 'object') continue
          expect(action.timer).toBeGreaterThanOrEqual(0)
          expect(action.timer).toBeLessThanOrEqual(BUDGET)
          timer.armed = true
        }
        const over = ['ended', 'failed', 'closed'].includes(step.state.name)
        expect(timer.armed).toBe(!over)
      }
      take({ type: 'start' }, 0, true)
      for (const { event, wait, random, online } of moments) {
        now += wait
        if (timer.armed || typeof event === 'string' || 'retry' in event || event.type !== 'timer') take(event, random, online)
      }
      // Left alone with a network on which nothing answers, it comes to its end.
      for (let i = 0; i < 60 && timer.armed; i++) {
        now += 40_000
        take(read, 0, true)
        now += 40_000
        take({ type: 'timer' }, 0.5, true)
      }
      expect(timer.armed).toBe(false)
    }),
  )
})
