import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Batch } from '../event/batch.ts'
import { MillraceError } from '../event/error.ts'
import { entryOf, linesOf } from '../event/lines.ts'
import { createOutline, foldOutline, type Outline } from '../event/outline.ts'
import { Outlines, type LogSource } from './outlines.ts'
import { pack } from './seal.ts'
import { logOf, rowed, rowsOf } from '../../../../test/support/run/logs.ts'

/** Pages of `size` rows, and how many were read. */
function pages(rows: readonly Batch[], size: number): { readonly outlines: Outlines; readonly reads: () => number } {
  let reads = 0
  const page = (after: number): readonly Batch[] => {
    reads += 1
    const index = rows.findIndex((row) => row.last > after)
    return index === -1 ? [] : rows.slice(index, index + size)
  }
  const sealed = rows.filter((row) => row.head !== null)
  const outlines = new Outlines({
    after: page,
    segmentAt: (offset) => {
      reads += 1
      return Promise.resolve(sealed.findLast((segment) => segment.first <= offset) ?? null)
    },
  })
  return { outlines, reads: () => reads }
}

function unsealed(after: LogSource['after']): Outlines {
  return new Outlines({ after, segmentAt: () => Promise.resolve(null) })
}

/** By definition: the fold of the entries up to `offset`. */
function foldedTo(rows: readonly Batch[], offset: number): Outline {
  const outline = createOutline()
  for (const line of rows.flatMap((row) => [...linesOf(row)])) if (line.first <= offset) foldOutline(outline, entryOf(line, 0, offset))
  return outline
}

test('an outline is the fold of the entries up to its offset, in whatever order one asks, sealed or not', async () => {
  await fc.assert(fc.asyncProperty(rowed, fc.array(fc.nat(), { minLength: 1, maxLength: 6 }), fc.boolean(), async (rows, asked, sealed) => {
    const { outlines } = pages(sealed ? pack(rows, createOutline()) : rows, 2)
    const tail = rows.at(-1)?.last ?? 0
    const offsets = asked.map((n) => n % (tail + 1))
    const told = await Promise.all(offsets.map((offset) => outlines.at(offset)))
    expect(told).toEqual(offsets.map((offset) => foldedTo(rows, offset)))
  }), { numRuns: 60 })
})

const words = Array.from({ length: 30_000 }, (_, n) => `word${String(n % 7)} `)
const long = rowsOf(logOf(words, false), [50])

test('a long log is folded once, whoever asks for whichever of its offsets afterwards', async () => {
  const { outlines, reads } = pages(long, 10)
  const first = await outlines.at(30_000)
  const before = reads()
  expect(before).toBeGreaterThan(50)
  const again = await Promise.all(Array.from({ length: 100 }, () => outlines.at(30_000)))
  expect(reads()).toBe(before)
  for (const outline of again) expect(outline).toEqual(first)
  await outlines.at(15_000)
  expect(reads() - before).toBeLessThan(12)
})

test('those who ask at once wait for one fold', async () => {
  const { outlines, reads } = pages(long, 10)
  await Promise.all(Array.from({ length: 50 }, () => outlines.at(30_000)))
  const one = pages(long, 10)
  await one.outlines.at(30_000)
  expect(reads()).toBe(one.reads())
})

test('what one caller folds on reaches no other', async () => {
  const { outlines } = pages(long, 10)
  const mine = await outlines.at(100)
  mine.counts.set('text', 99)
  mine.open.length = 0
  expect(await outlines.at(100)).toEqual(foldedTo(long, 100))
})

test('while a long log is folded the event loop goes on', async () => {
  const { outlines, reads } = pages(long, 10)
  let [turns, folding] = [0, true]
  const turn = (): void => {
    turns += 1
    if (folding) setImmediate(turn)
  }
  setImmediate(turn)
  await outlines.at(30_000)
  folding = false
  expect(turns).toBeGreaterThan(reads() / 2)
})

test('a sealed log is not folded from its start', async () => {
  const sealed = pack(long, createOutline())
  const { outlines, reads } = pages(sealed, 1)
  expect(await outlines.at(29_000)).toEqual(foldedTo(long, 29_000))
  // The one that holds it, for its head, and again to fold from there.
  expect(sealed.length).toBeGreaterThan(2)
  expect(reads()).toBe(2)
})

test('nor is one whose newest stretch is not sealed yet', async () => {
  const cut = long.findIndex((row) => row.last >= 29_000)
  const rolled = [...pack(long.slice(0, cut), createOutline()), ...long.slice(cut)]
  const { outlines, reads } = pages(rolled, 10)
  expect(await outlines.at(29_500)).toEqual(foldedTo(long, 29_500))
  expect(reads()).toBeLessThan(5)
})

test('a fold goes on from a mark under the epoch of the log it was made of, and never over another', async () => {
  const lines = logOf(['a', 'b', 'c', 'd'], false)
  let rows = rowsOf(lines, [1])
  const outlines = unsealed((after, epoch) => {
    const at = rows.find((row) => row.first <= after && row.last >= after)
    if (epoch !== null && at?.epoch !== epoch) throw new MillraceError('reset', 'another log')
    return rows.filter((row) => row.last > after)
  })
  await outlines.at(4)
  expect(await outlines.at(5)).toEqual(foldedTo(rows, 5))
  rows = rowsOf(lines, [1], [false, false, true])
  await expect(outlines.at(6)).rejects.toMatchObject({ code: 'reset' })
})

test('a failed read fails its caller alone, and a log that is shorter is another one', async () => {
  let broken = true
  const rows = rowsOf(logOf(['a', 'b'], false), [1])
  const outlines = unsealed((after) => {
    if (broken) throw new Error('not now')
    return rows.filter((row) => row.last > after)
  })
  await expect(outlines.at(3)).rejects.toThrow('not now')
  broken = false
  expect(await outlines.at(3)).toEqual(foldedTo(rows, 3))
  await expect(outlines.at(50)).rejects.toMatchObject({ code: 'reset' })
})
