import { expect, test } from 'vitest'
import { Clock } from './clock.ts'

test('a clock is set by what the server took in between two moments, and then only as far as it must be', () => {
  const clock = new Clock(() => 1_000)
  // What is least wrong is the middle: 50 ms of 100 had passed, and half of the one that is cut off.
  clock.learn(1_000_000, 900, 1_000)
  expect(clock.now()).toBe(1_000_050)
  clock.learn(1_000_000, 0, 1_000)
  expect(clock.now()).toBe(1_000_050)
  clock.learn(2_000_000, 990, 1_000)
  expect(clock.now()).toBe(2_000_000)
  clock.learn(1_000_000, 990, 1_000)
  expect(clock.now()).toBe(1_000_011)
})

test('a clock goes on by itself, is never behind what the server has been seen to write, and is not put back by what is old', () => {
  let here = 1_000
  const clock = new Clock(() => here)
  clock.learn(1_000_000, 1_000, 1_000)
  here += 5_000
  expect(clock.now()).toBe(1_005_000)
  clock.heard(500)
  expect(clock.now()).toBe(1_005_000)
  clock.heard(1_500_000)
  expect(clock.now()).toBe(1_500_000)
})

test('it wants to be looked at again after a while', () => {
  let here = 1_000
  const clock = new Clock(() => here)
  expect(clock.isOlderThan(60_000)).toBe(true)
  clock.learn(1, 900, 1_000)
  expect(clock.isOlderThan(60_000)).toBe(false)
  here += 60_001
  expect(clock.isOlderThan(60_000)).toBe(true)
})
