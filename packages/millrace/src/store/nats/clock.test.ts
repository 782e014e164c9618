import { expect, test } from 'vitest'
import { Clock } from './clock.ts'

test('a clock is set by what the server took in between two moments, and then only as far as it must be', () => {
  const clock = new Clock()
  const here = performance.now()
  clock.learn(1_000_000, here - 100, here)
  // Its half is what is least wrong: 50 ms of 100 had passed.
  expect(Math.abs(clock.now() - 1_000_050)).toBeLessThan(20)
  clock.learn(1_000_000, here - 1_000, here)
  expect(Math.abs(clock.now() - 1_000_050)).toBeLessThan(20)
  clock.learn(2_000_000, here - 10, here)
  expect(Math.abs(clock.now() - 2_000_000)).toBeLessThan(40)
})

test('a clock is never behind what the server has been seen to write, and is not put back by what is old', () => {
  const clock = new Clock()
  clock.learn(1_000_000, performance.now(), performance.now())
  clock.heard(500)
  expect(clock.now()).toBeGreaterThanOrEqual(1_000_000)
  clock.heard(1_500_000)
  expect(clock.now()).toBeGreaterThanOrEqual(1_500_000)
})

test('it wants to be looked at again after a while', () => {
  const clock = new Clock()
  expect(clock.isOlderThan(1e12)).toBe(true)
  clock.learn(1, 0, performance.now())
  expect(clock.isOlderThan(1e12)).toBe(false)
})
