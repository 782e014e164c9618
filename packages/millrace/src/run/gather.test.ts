import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createOutline } from '../event/outline.ts'
import type { Batch } from '../event/batch.ts'
import { gathered } from './gather.ts'
import { pack } from './seal.ts'
import { entriesAfter, logOf, rowed, rowsOf } from '../../../../test/support/run/logs.ts'

function epochs(batches: readonly Batch[]): string[] {
  return batches.flatMap((batch) => Array.from({ length: batch.last - batch.first + 1 }, () => batch.epoch))
}

test('rows that are gathered tell the same, under the same epochs, and none reaches over the border', () => {
  fc.assert(fc.property(rowed, fc.nat(4), fc.nat(40), (rows, sealed, place) => {
    const log = [...pack(rows.slice(0, sealed), createOutline()), ...rows.slice(sealed)]
    const border = rows[place % rows.length]?.first ?? 0
    const batches = gathered(log, border)
    expect(entriesAfter(batches, 0)).toEqual(entriesAfter(log, 0))
    expect(epochs(batches)).toEqual(epochs(log))
    // What is sealed already is handed on as it is.
    expect(batches.filter(({ head }) => head !== null)).toEqual(log.filter(({ head }) => head !== null))
    // Without a table of their own, batches are read without looking at one.
    if (log.every(({ parts }) => parts === null)) expect(batches.every(({ parts }) => parts === null)).toBe(true)
    if (log.some(({ first }) => first === border)) expect(batches.some(({ first }) => first === border)).toBe(true)
  }))
})

test('a thousand rows of a word each become a few batches of bounded size, and a large row stays alone', () => {
  const rows = rowsOf(logOf([...Array.from({ length: 1_000 }, () => 'word '), 'x'.repeat(100_000)], false), [1])
  const batches = gathered(rows, 0)
  expect(batches.length).toBeLessThan(10)
  expect(batches.at(-1)).toEqual(rows.at(-1))
  for (const batch of batches.slice(0, -1)) expect(batch.bytes.length).toBeLessThanOrEqual(16 * 1024)
})

test('no batch is the store\'s own: what readers make of it goes when it does', () => {
  const rows = rowsOf(logOf(['a'], false), [1])
  for (const batch of gathered(rows, 2)) expect(rows).not.toContain(batch)
})
