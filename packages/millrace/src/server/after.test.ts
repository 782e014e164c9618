import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { after } from './after.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

const DAY = 86_400_000

test.each([1, DAY, 2 ** 31 - 1, 2 ** 31, 60 * DAY])('it is over after its time, and not before: %d ms', (ms) => {
  const over = vi.fn()
  after(ms, over)
  vi.advanceTimersByTime(ms - 1)
  expect(over).not.toHaveBeenCalled()
  vi.advanceTimersByTime(1)
  expect(over).toHaveBeenCalledOnce()
  expect(vi.getTimerCount()).toBe(0)
})

test.each([0, 30])('called off after %d days, it leaves no timer behind', (days) => {
  const over = vi.fn()
  const callOff = after(60 * DAY, over)
  vi.advanceTimersByTime(days * DAY)
  callOff()
  expect(vi.getTimerCount()).toBe(0)
  expect(over).not.toHaveBeenCalled()
})
