import fc from 'fast-check'
import { expect, test } from 'vitest'
import { entriesAfter, logs, rowed, rowsOf } from '../../../../test/support/run/logs.ts'
import type { Batch } from '../event/batch.ts'
import { SnapshotFold, type Snapshot } from '../event/snapshot.ts'
import { joinedBatch } from './joined-lines.ts'

function saidAfter(batch: Batch, after: number): Snapshot {
  const fold = new SnapshotFold()
  for (const entry of entriesAfter([batch], after)) fold.add(entry)
  return fold.value()
}

test('a joined batch says the same after every offset, without a gap', () => {
  fc.assert(fc.property(logs, (lines) => {
    for (const batch of rowsOf(lines, [lines.length])) {
      const joined = joinedBatch(batch)
      for (let after = 0; after < batch.last; after += 1) {
        expect(saidAfter(joined, after)).toEqual(saidAfter(batch, after))
        let at = after
        for (const entry of entriesAfter([joined], after)) {
          expect(entry.first ?? entry.offset).toBe(at + 1)
          at = entry.offset
        }
        expect(at).toBe(batch.last)
      }
    }
  }))
})

test('what is short, and what was joined before, stays itself', () => {
  fc.assert(fc.property(rowed, (rows) => {
    for (const row of rows) expect(joinedBatch(row)).toBe(row)
  }))
  const long: Batch = { ...rowsOf(Array.from({ length: 40 }, () => '{"type":"delta","block":0,"kind":"text","nth":0,"text":"a"}'), [40])[0]! }
  const joined = joinedBatch(long)
  expect(joined.bytes.length).toBeLessThan(long.bytes.length / 10)
  expect(joinedBatch(joined)).toBe(joined)
})
