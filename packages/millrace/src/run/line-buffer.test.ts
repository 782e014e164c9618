import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Batch } from '../event/batch.ts'
import { entryOf, linesOf } from '../event/lines.ts'
import { FEW, JOINED_LENGTH, LineBuffer, type DeltaHead } from './line-buffer.ts'

const encoder = new TextEncoder()
const decoder = new TextDecoder()

function headOf(block: number): DeltaHead {
  return encoder.encode(`{"type":"delta","block":${String(block)},"kind":"text","nth":0,"text":"`)
}
const HEADS = [headOf(0), headOf(1)] as const

/** Short and long, plain and not: what is written by hand and what is left to native code. */
const texts = fc.oneof(
  fc.string({ unit: 'grapheme-ascii', maxLength: 250 }),
  fc.string({ unit: 'binary', maxLength: 250 }),
  fc.constantFrom('"', '\\', '\u007f', '\n', '\0', '\ud83d', '\ude00', 'é', '雨', '🌧', 'x'.repeat(200), 'x'.repeat(201), 'ü'.repeat(9_000)),
)
type Step = { readonly do: 'delta'; readonly block: 0 | 1; readonly text: string } | { readonly do: 'line'; readonly text: string } | { readonly do: 'take' }
const delta = fc.record({ do: fc.constant('delta' as const), block: fc.constantFrom(0 as const, 0 as const, 0 as const, 1 as const), text: texts })
const steps: fc.Arbitrary<Step[]> = fc.array(fc.oneof(
  { weight: 4, arbitrary: fc.array(delta, { maxLength: 3 * FEW, size: 'max' }) },
  { weight: 1, arbitrary: fc.array(fc.record({ do: fc.constant('line' as const), text: texts }), { maxLength: 3 }) },
  { weight: 1, arbitrary: fc.constant([{ do: 'take' as const }]) },
), { maxLength: 12 }).map((lists) => lists.flat())

interface Said {
  readonly batch: Batch
  /** The JSON of each entry. */
  readonly entries: readonly string[]
}

/** Everything that is taken, with what it should say. */
function played(list: readonly Step[]): Said[] {
  const buffer = new LineBuffer()
  const said: Said[] = []
  let entries: string[] = []
  let tail = 0
  for (const step of [...list, { do: 'take' as const }]) {
    if (step.do === 'take') {
      const last = tail + entries.length
      if (entries.length > 0) said.push({ batch: { first: tail + 1, last, epoch: 'e', head: null, ...buffer.take() }, entries })
      tail = last
      entries = []
      continue
    }
    const offset = tail + entries.length + 1
    if (step.do === 'line') buffer.add(JSON.stringify({ type: 'own', text: step.text }))
    else buffer.addDelta(HEADS[step.block], step.text, offset)
    entries.push(step.do === 'line'
      ? JSON.stringify({ type: 'own', text: step.text })
      : `${decoder.decode(HEADS[step.block])}${JSON.stringify(step.text).slice(1)}}`)
  }
  return said
}

test('what is taken is what was added, each entry with its text, and does not change afterwards', () => {
  fc.assert(fc.property(steps, (list) => {
    for (const { batch, entries } of played(list)) {
      const lines = [...linesOf(batch)]
      expect(lines.at(-1)?.offset).toBe(batch.last)
      for (const line of lines) {
        if (line.lengths === null) {
          expect(decoder.decode(line.bytes)).toBe(entries[line.first - batch.first])
          continue
        }
        expect(line.lengths.length).toBeGreaterThan(FEW)
        expect(JSON.parse(decoder.decode(line.bytes))).toMatchObject({ first: line.first })
        for (let offset = line.first; offset <= line.offset; offset += 1) {
          expect(entryOf(line, offset - 1, offset)).toEqual({ ...(JSON.parse(entries[offset - batch.first] ?? '') as object), offset })
        }
      }
    }
  }))
})

test('more than a few deltas of one block side by side are one line, as far as one holds them, and all others are lines of their own', () => {
  fc.assert(fc.property(steps, (list) => {
    for (const { batch, entries } of played(list)) {
      const expected: number[] = []
      let run = { head: '', count: 0, units: 0 }
      const close = (): void => {
        expected.push(...(run.count > FEW ? [run.count] : Array.from({ length: run.count }, () => 1)))
        run = { head: '', count: 0, units: 0 }
      }
      for (const json of entries) {
        const event = JSON.parse(json) as { type: string; block?: number; text: string }
        const head = event.type === 'delta' ? String(event.block) : ''
        if (head === '' || head !== run.head || run.units + event.text.length > JOINED_LENGTH) close()
        if (head === '') expected.push(1)
        else run = { head, count: run.count + 1, units: run.units + event.text.length }
      }
      close()
      expect([...linesOf(batch)].map(({ first, offset }) => offset - first + 1)).toEqual(expected)
    }
  }))
})

test('a joined line holds as much as one may, to the last unit', () => {
  const half = 'a'.repeat(JOINED_LENGTH / 2 - FEW)
  // Twice as much as one line holds, in two that are just full.
  const texts = [half, half, ...Array.from({ length: 2 * FEW }, () => 'b')]
  const [{ batch }] = played([...texts, ...texts].map((text) => ({ do: 'delta', block: 0, text }))) as [Said]
  expect([...linesOf(batch)].map(({ first, offset }) => [first, offset])).toEqual([[1, texts.length], [texts.length + 1, 2 * texts.length]])
})

test('tokens of one log share few arrays, of a size that goes with the log', () => {
  const buffer = new LineBuffer()
  const arrays = new Map<ArrayBufferLike, number>()
  for (let token = 0; token < 1_000; token += 1) {
    buffer.addDelta(HEADS[0], 'a token of an answer', token + 1)
    const { buffer: array } = buffer.take().bytes
    arrays.set(array, array.byteLength)
  }
  expect([...arrays.values()].slice(0, 6)).toEqual([1024, 2048, 4096, 8192, 16_384, 16_384])
  expect(arrays.size).toBeLessThan(12)
})

test('a joined line ends before it is too long, exactly at the limit it is not, and a longer text is a line alone', () => {
  const lengthsOf = (texts: readonly string[]): (number | null)[] => played(texts.map((text) => ({ do: 'delta', block: 0, text })))
    .flatMap(({ batch }) => [...linesOf(batch)].map(({ lengths }) => lengths && lengths.reduce((sum, length) => sum + length, 0)))
  const full = Array.from({ length: 32 }, () => 'x'.repeat(JOINED_LENGTH / 32))
  expect(lengthsOf(full)).toEqual([JOINED_LENGTH])
  expect(lengthsOf([...full, ...full])).toEqual([JOINED_LENGTH, JOINED_LENGTH])
  expect(lengthsOf([...full, 'x'])).toEqual([JOINED_LENGTH, null])
  expect(lengthsOf(['x'.repeat(JOINED_LENGTH + 1), ...full])).toEqual([null, JOINED_LENGTH])
})

test('what is taken after a joined line has lengths only where it is joined itself', () => {
  const many: Step[] = Array.from({ length: FEW + 1 }, () => ({ do: 'delta', block: 0, text: 'x' }))
  const [joined, plain] = played([...many, { do: 'take' }, { do: 'delta', block: 0, text: 'y' }])
  expect(joined?.batch.parts).not.toBeNull()
  expect(plain?.batch.parts).toBeNull()
})

test('a joined line is whole wherever the array under it ends', () => {
  const FIRST_ARRAY = 1024
  for (let left = 0; left < 40; left += 1) {
    const size = FIRST_ARRAY - HEADS[0].length - left
    const each = Math.floor(size / (FEW + 1))
    const texts = Array.from({ length: FEW + 1 }, (_, nth) => 'x'.repeat(nth === 0 ? size - FEW * each : each))
    const [{ batch }] = played(texts.map((text) => ({ do: 'delta', block: 0, text }))) as [Said]
    expect(JSON.parse(decoder.decode(batch.bytes))).toMatchObject({ text: 'x'.repeat(size), first: 1 })
  }
})
