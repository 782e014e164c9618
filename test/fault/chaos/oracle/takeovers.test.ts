import { expect, test } from 'vitest'
import type { Evidence } from './evidence.ts'
import { killed, soundEvidence } from './sound.ts'
import { percentile, takeoversIn } from './takeovers.ts'

function times(evidence: Evidence): readonly number[] {
  return takeoversIn(evidence).map(({ ms }) => ms)
}

test('a takeover lasts from the kill to the next owner’s first entry', () => {
  expect(times(soundEvidence())).toEqual([1_400])
})

test('it is counted from the last owner that fell silent: one that had taken the run and died too', () => {
  const sound = soundEvidence()
  const between = { ...sound.calls[3]!, worker: 'w3', nonce: '3', at: 800, answeredAt: null, answer: { outcome: 'unknown' as const } }
  expect(times({ ...sound, calls: [...sound.calls, between], faults: [...sound.faults, killed('w3', 900)] })).toEqual([900])
})

test('a kill of somebody else does not count', () => {
  const sound = soundEvidence()
  expect(times({ ...sound, faults: [...sound.faults, killed('w9', 900)] })).toEqual([1_400])
})

test('time without an engine or without a worker is nobody’s', () => {
  const sound = soundEvidence()
  const outage = { sort: 'engine killed', at: 500, until: 1_000, worker: null, isKill: false }
  expect(times({ ...sound, faults: [...sound.faults, outage] })).toEqual([800])
  expect(times({ ...sound, manned: [{ from: 0, to: 350 }, { from: 1_300, to: 9_000 }] })).toEqual([500])
})

test('a hand-over by a worker that lives is none', () => {
  expect(times({ ...soundEvidence(), faults: [] })).toEqual([])
})

test('a percentile is the smallest value that so many do not exceed', () => {
  const values = Array.from({ length: 200 }, (_, i) => 200 - i)
  expect([50, 99, 100].map((percent) => percentile(values, percent))).toEqual([100, 198, 200])
  expect(percentile([], 99)).toBe(0)
})
