import fc from 'fast-check'
import { expect, test } from 'vitest'
import { BEATS, GAP, LAST } from '../../protocol/doctor.ts'
import { flowOf } from './flow.ts'
import type { Arrival } from './seen.ts'

/** A pattern that was sent on time, as it comes by way of what delays each piece so. */
function pattern(comes: (at: number, n: number) => number): Arrival[] {
  return Array.from({ length: LAST }, (_, index) => ({ n: index + 1, at: (index + 1) * GAP, came: comes((index + 1) * GAP, index + 1) }))
}

/** Passes on what it has every so many ms. */
const every = (ms: number) => (at: number): number => Math.ceil(at / ms) * ms

test('what comes as it is sent flows, however far away it is and whatever the clocks say', () => {
  fc.assert(
    fc.property(fc.integer({ min: -1e9, max: 1e9 }), fc.array(fc.double({ min: 0, max: GAP * 0.7, noNaN: true }), { minLength: LAST, maxLength: LAST }), (away, noise) => {
      expect(flowOf(pattern((at, n) => at + away + (noise[n - 1] ?? 0)))).toBe('flows')
    }),
  )
})

test('a machine that stands still for a while now and then is no proxy that waits', () => {
  // Four times in two seconds nothing is read for as long as two pieces take.
  const stalls = [3, 8, 13, 18].map((n) => n * GAP)
  expect(flowOf(pattern((at) => Math.max(at, ...stalls.filter((stall) => at >= stall && at < stall + GAP + 1).map((stall) => stall + GAP))))).toBe('flows')
})

test('what is held for a fifth of a second is sent together with what comes meanwhile', () => {
  expect(flowOf(pattern(every(200)))).toBe('coalesces')
  expect(flowOf(pattern(every(300)))).toBe('coalesces')
})

test.each([
  ['at the end', () => 9_000],
  ['when the large piece comes', (at: number) => (at <= (BEATS + 1) * GAP ? (BEATS + 1) * GAP : LAST * GAP)],
])('what is collected and passed on %s is buffered', (_name, comes) => {
  expect(flowOf(pattern(comes))).toBe('buffers')
})

test('a server that was late itself is not held against the way', () => {
  const late = pattern((at) => at).map((frame) => ({ ...frame, at: 2_000, came: 2_000 }))
  expect(flowOf(late)).toBe('flows')
})

test('too few pieces say nothing', () => {
  expect(flowOf(pattern(() => 0).slice(0, 5))).toBe('flows')
  expect(flowOf([])).toBe('flows')
})
