import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { after, pause } from './after.ts'

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

test('a pause is over after its time, and leaves nothing behind at its signal', async () => {
  const { signal } = new AbortController()
  const off = vi.spyOn(signal, 'removeEventListener')
  const paused = pause(DAY, signal)
  vi.advanceTimersByTime(DAY)
  await paused
  expect(off).toHaveBeenCalledOnce()
  expect(vi.getTimerCount()).toBe(0)
})

test.each(['before it', 'in it'])('a pause whose signal is aborted %s is over at once', async (when) => {
  const controller = new AbortController()
  if (when === 'before it') controller.abort()
  const paused = pause(DAY, controller.signal)
  controller.abort()
  await paused
  expect(vi.getTimerCount()).toBe(0)
})
