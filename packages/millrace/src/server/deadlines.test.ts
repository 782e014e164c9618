import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { Deadlines, withinTime } from './deadlines.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

test('each is over once, within a second of its time, by one timer that stops with the last', () => {
  const deadlines = new Deadlines()
  const late: number[] = []
  for (let n = 0; n < 100; n += 1) {
    const time = Date.now() + n * 130
    deadlines.at(time, () => late.push(Date.now() - time))
  }
  expect(vi.getTimerCount()).toBe(1)
  vi.advanceTimersByTime(20_000)
  expect(late).toHaveLength(100)
  for (const ms of late) expect([ms >= 0, ms <= 2_000]).toEqual([true, true])
  expect(vi.getTimerCount()).toBe(0)
})

test('who called it off is not told, also where another’s end calls it off; who has no time waits for nothing', () => {
  const deadlines = new Deadlines()
  const told: string[] = []
  const callOff = deadlines.at(Date.now() + 5_000, () => told.push('called off'))
  deadlines.at(undefined, () => told.push('no time'))
  deadlines.at(Infinity, () => told.push('never'))
  let other = (): void => undefined
  deadlines.at(Date.now() + 5_000, () => other())
  other = deadlines.at(Date.now() + 5_000, () => told.push('called off by another'))
  callOff()
  callOff()
  vi.advanceTimersByTime(10_000)
  expect([told, vi.getTimerCount()]).toEqual([[], 0])
})

test('a clock that was set forward ends all that is over by then', () => {
  const deadlines = new Deadlines()
  const over = vi.fn()
  deadlines.at(Date.now() + 3_600_000, over)
  vi.setSystemTime(Date.now() + 7_200_000)
  vi.advanceTimersByTime(1_000)
  expect(over).toHaveBeenCalledOnce()
})

test('work within a time is told of its end and of who left, and leaves nothing behind', async () => {
  const deadlines = new Deadlines()
  const leaving = new AbortController()
  const request = new Request('http://localhost', { signal: leaving.signal })
  const aborted = (signal: AbortSignal): Promise<unknown> =>
    new Promise((resolve) => signal.addEventListener('abort', () => resolve(signal.reason)))
  const timed = withinTime(deadlines, request, Date.now() + 500, aborted)
  vi.advanceTimersByTime(2_000)
  expect(await timed).toMatchObject({ code: 'unauthorized' })
  const left = withinTime(deadlines, request, Date.now() + 60_000, aborted)
  leaving.abort('left')
  expect(await left).toBe('left')
  expect(vi.getTimerCount()).toBe(0)
})
