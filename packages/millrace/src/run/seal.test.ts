import fc from 'fast-check'
import { expect, test } from 'vitest'
import { encodeParts } from '../event/lines.ts'
import { createOutline, foldOutline, packOutline, unpackOutline, type Outline } from '../event/outline.ts'
import { SnapshotFold, type Snapshot } from '../event/snapshot.ts'
import type { Batch } from '../event/batch.ts'
import type { Entry } from '../event/run-event.ts'
import { JOINED_LENGTH } from './line-buffer.ts'
import { pack } from './seal.ts'
import { entriesAfter, joinedRow, logOf, rowed, rowsOf } from '../../../../test/support/run/logs.ts'

function sealed(rows: readonly Batch[]): Batch[] {
  return pack(rows, createOutline())
}

function outlineOf(entries: readonly Entry[]): Outline {
  const outline = createOutline()
  for (const entry of entries) foldOutline(outline, entry)
  return outline
}

function snapshotOf(entries: readonly Entry[]): Snapshot {
  const fold = new SnapshotFold()
  for (const entry of entries) fold.add(entry)
  return fold.value()
}

/** Entries taken apart to what cannot differ by packing: text by block, everything else as it is. */
function meaning(entries: readonly Entry[]): unknown[] {
  const out: unknown[] = []
  let open = { block: -1, text: '' }
  for (const entry of entries) {
    if (entry.type === 'delta' && entry.block === open.block) {
      open.text += entry.text
      continue
    }
    open = entry.type === 'delta' ? { block: entry.block, text: entry.text } : { block: -1, text: '' }
    out.push(entry.type === 'delta' ? open : entry)
  }
  return out
}

test('a packed log tells the same after every offset', () => {
  fc.assert(fc.property(rowed, (rows) => {
    const segments = sealed(rows)
    const tail = rows.at(-1)?.last ?? 0
    for (let after = 0; after <= tail; after += 1) {
      const entries = entriesAfter(segments, after)
      expect(meaning(entries)).toEqual(meaning(entriesAfter(rows, after)))
      let at = after
      for (const entry of entries) {
        expect(entry.first ?? entry.offset).toBe(at + 1)
        expect(entry.first).not.toBe(entry.offset)
        at = entry.offset
      }
      expect(at).toBe(tail)
    }
  }))
})

test('segments are consecutive, of one epoch each, and as many entries stay under every epoch', () => {
  fc.assert(fc.property(rowed, (rows) => {
    const epochs = (batches: readonly Batch[]): string[] => batches.flatMap((batch) => Array.from({ length: batch.last - batch.first + 1 }, () => batch.epoch))
    const segments = sealed(rows)
    expect(segments.map((segment) => segment.first)).toEqual([1, ...segments.slice(0, -1).map((segment) => segment.last + 1)])
    expect(epochs(segments)).toEqual(epochs(rows))
    expect(segments.length).toBe(1 + rows.slice(1).filter((row, index) => row.epoch !== rows[index]?.epoch).length)
  }))
})

test('packing is deterministic, leaves its input alone, and changes nothing when repeated', () => {
  fc.assert(fc.property(rowed, (rows) => {
    const before = structuredClone(rows)
    const segments = sealed(rows)
    expect(sealed(rows)).toEqual(segments)
    expect(rows).toEqual(before)
    expect(sealed(segments)).toEqual(segments)
  }))
})

test('a head is the outline before its segment, wherever the log was cut', () => {
  fc.assert(fc.property(rowed, (rows) => {
    for (const segment of sealed(rows)) {
      const before = outlineOf(entriesAfter(rows, 0).filter((entry) => entry.offset < segment.first))
      expect(segment.head).not.toBeNull()
      expect(unpackOutline(segment.head ?? '')).toEqual(before)
      expect(unpackOutline(packOutline(before))).toEqual(before)
    }
  }))
})

test('packed or not, a log folds to the same snapshot and the same outline', () => {
  fc.assert(fc.property(rowed, (rows) => {
    const [plain, packed] = [entriesAfter(rows, 0), entriesAfter(sealed(rows), 0)]
    expect(snapshotOf(packed)).toEqual(snapshotOf(plain))
    expect(outlineOf(packed)).toEqual(outlineOf(plain))
  }))
})

test('an outline folded on from any head is the outline of the whole', () => {
  fc.assert(fc.property(rowed, (rows) => {
    const segments = sealed(rows)
    const whole = outlineOf(entriesAfter(rows, 0))
    for (const segment of segments) {
      const outline = unpackOutline(segment.head ?? '')
      for (const entry of entriesAfter(segments, segment.first - 1)) foldOutline(outline, entry)
      expect(outline).toEqual(whole)
    }
  }))
})

test('a long answer becomes few segments of bounded size, with texts of bounded length', () => {
  const rows = rowsOf(logOf(Array.from({ length: 40_000 }, (_, n) => `word${String(n % 10)} `), true), [50])
  const segments = sealed(rows)
  const size = rows.reduce((sum, row) => sum + row.bytes.length, 0)
  expect(segments.length).toBeLessThan(size / (256 * 1024))
  for (const segment of segments) expect(segment.bytes.length).toBeLessThan(200 * 1024)
  for (const entry of entriesAfter(segments, 0)) {
    if (entry.type === 'delta') expect(entry.text.length).toBeLessThanOrEqual(32 * 1024)
  }
  expect(sealed(segments)).toEqual(segments)
})

test('a joined line that does not say where it begins is packed like one that does', () => {
  const text = 'a"\\","first'
  const bytes = new TextEncoder().encode(JSON.stringify({ type: 'delta', block: 0, kind: 'text', nth: 0, text: text + text }))
  const row: Batch = { first: 2, last: 3, epoch: 'e', bytes, parts: encodeParts([[text.length, text.length]]), head: null }
  expect(entriesAfter(pack([row], createOutline()), 2)).toEqual(entriesAfter([row], 2))
})

test('a joined text is as long as it may be, exactly, and one that is longer by itself stays whole', () => {
  const lengthsOf = (texts: readonly string[]): number[] => entriesAfter(sealed(rowsOf(logOf(texts, false), [1])), 2).map((entry) => entry.type === 'delta' ? entry.text.length : 0)
  const half = 'x'.repeat(JOINED_LENGTH / 2)
  expect(lengthsOf([half, half])).toEqual([JOINED_LENGTH])
  expect(lengthsOf([half, half, 'x'])).toEqual([JOINED_LENGTH, 1])
  expect(lengthsOf(['a', half + half + 'x', 'b', 'c'])).toEqual([1, JOINED_LENGTH + 1, 2])
  // As a producer writes it, in one row.
  const joined = joinedRow(rowsOf(logOf([half, half], false), [9])[0] as Batch)
  expect(entriesAfter(sealed([joined]), 2)).toEqual(entriesAfter([joined], 2))
})

/** What only another version, or another program, may write. */
const FOREIGN = [
  '{"type":"delta","block":0,"kind":"text","nth":0,"text":"b","note":"said by another"}',
  '{"type":"delta","block":0,"kind":"text","nth":0,"text":"b"} ',
  '{"type":"delta","block":0,"kind":"text","nth":0, "text":"b"}',
  '{"type":"delta","text":"b","block":0,"kind":"text","nth":0}',
  '{"type":"noted","block":0,"kind":"text","nth":0,"text":"b"}',
]

test.each(FOREIGN)('what is not quite a delta as they are written here is kept as it stands: %s', (foreign) => {
  const lines = logOf(['a', 'c'], true)
  for (const given of [[foreign], [foreign, foreign]]) {
    for (const size of [1, 9]) {
      const rows = rowsOf([...lines.slice(0, 3), ...given, ...lines.slice(3)], [size])
      expect(entriesAfter(sealed(rows), 0)).toEqual(entriesAfter(rows, 0))
      expect(sealed(sealed(rows))).toEqual(sealed(rows))
    }
  }
})

test('a joined line that says more than its text keeps that, and its lengths', () => {
  const line = '{"type":"delta","block":0,"kind":"text","nth":0,"text":"abb","first":3,"note":"said by another"}'
  const [before] = rowsOf(logOf(['a'], false).slice(0, 2), [9])
  const row: Batch = { first: 3, last: 4, epoch: 'a0000000', bytes: new TextEncoder().encode(line), parts: encodeParts([[1, 2]]), head: null }
  const rows = [before as Batch, row]
  for (const after of [0, 2, 3]) expect(entriesAfter(sealed(rows), after)).toEqual(entriesAfter(rows, after))
})

test.each([1, 2, 4])('a line that is cut by %i bytes is not made whole', (bytes) => {
  const rows = rowsOf(logOf(['a', 'b'], false), [9])
  const [row] = rows as [Batch]
  expect(() => sealed([{ ...row, bytes: row.bytes.slice(0, -bytes) }])).toThrow(SyntaxError)
})
