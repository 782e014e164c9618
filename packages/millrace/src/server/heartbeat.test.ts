import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { HeartbeatWheel, type Beating } from './heartbeat.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

class Counter implements Beating {
  lastSent = 0
  beats = 0
  onBeat: () => void = () => undefined

  beat(): void {
    this.beats += 1
    this.onBeat()
  }
}

test('each is told once every interval of silence, by one timer', () => {
  const wheel = new HeartbeatWheel(15_000)
  const counters = Array.from({ length: 40 }, () => new Counter())
  for (const counter of counters) {
    wheel.add(counter)
    vi.advanceTimersByTime(1_000)
  }
  expect(vi.getTimerCount()).toBe(1)
  vi.advanceTimersByTime(150_000)
  for (const [index, { beats }] of counters.entries()) expect(beats).toBe(Math.floor((190 - index) / 15))
})

test('who sent something is told an interval after that', () => {
  const wheel = new HeartbeatWheel(15_000)
  const counter = new Counter()
  wheel.add(counter)
  for (let second = 1; second <= 60; second += 1) {
    vi.advanceTimersByTime(1_000)
    if (second <= 30) counter.lastSent = wheel.now
    expect(counter.beats).toBe(second < 45 ? 0 : second < 60 ? 1 : 2)
  }
})

test('who leaves while the wheel turns is not told again, and the timer goes with the last', () => {
  const wheel = new HeartbeatWheel(1_000)
  const [first, second] = [new Counter(), new Counter()]
  wheel.add(first)
  wheel.add(second)
  first.onBeat = () => {
    wheel.remove(first)
    wheel.remove(second)
    wheel.remove(second)
  }
  vi.advanceTimersByTime(10_000)
  expect(first.beats).toBe(1)
  expect(second.beats).toBeLessThanOrEqual(1)
  expect(vi.getTimerCount()).toBe(0)
  wheel.add(second)
  vi.advanceTimersByTime(1_000)
  expect(vi.getTimerCount()).toBe(1)
})
