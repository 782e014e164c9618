import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Batch } from './batch.ts'
import { encodeParts, entriesOf, linesOf, typeOf } from './lines.ts'

const encoder = new TextEncoder()
const text = fc.oneof(fc.string({ unit: 'binary', maxLength: 6 }), fc.constantFrom('\ud83d', '\ude00', '😀', '', '\n"\\'))
/** Each line: the texts joined into it; `null` for an entry that is no delta. */
const lines = fc.array(fc.oneof(fc.constant(null), fc.array(text, { minLength: 1, maxLength: 6 })), { minLength: 1, maxLength: 8 })

function batchOf(content: readonly (readonly string[] | null)[], first: number): Batch {
  let at = first
  const json = content.map((texts) => {
    const begin = at
    at += texts?.length ?? 1
    if (texts === null) return JSON.stringify({ type: 'source', title: 'A book' })
    return JSON.stringify({ type: 'delta', block: 0, kind: 'text', nth: 0, text: texts.join(''), ...(texts.length > 1 ? { first: begin } : {}) })
  })
  return {
    first, last: at - 1, epoch: 'a0000000', head: null,
    bytes: encoder.encode(json.join('\n')),
    parts: encodeParts(content.map((texts) => (texts === null || texts.length === 1 ? null : texts.map((piece) => piece.length)))),
  }
}

test('after every offset, also inside joined entries, exactly the texts that follow are told', () => {
  fc.assert(fc.property(lines, fc.integer({ min: 1, max: 500 }), (content, first) => {
    const batch = batchOf(content, first)
    const told = content.flatMap((texts) => texts ?? [null])
    for (let after = first - 1; after <= batch.last; after += 1) {
      const entries = [...entriesOf(batch, after)]
      const expected = told.slice(after - first + 1)
      expect(entries.map((entry) => (entry.type === 'delta' ? entry.text : '')).join('')).toBe(expected.join(''))
      expect(entries.at(-1)?.offset ?? after).toBe(batch.last)
    }
  }))
})

test('entries stand gapless after every offset, and say `first` only where several were joined', () => {
  fc.assert(fc.property(lines, (content) => {
    const batch = batchOf(content, 1)
    for (let after = 0; after < batch.last; after += 1) {
      let at = after
      for (const entry of entriesOf(batch, after)) {
        expect(entry.first ?? entry.offset).toBe(at + 1)
        expect(entry.first).not.toBe(entry.offset)
        at = entry.offset
      }
    }
  }))
})

test('lines are views of the batch with the numbers of what was joined', () => {
  fc.assert(fc.property(lines, (content) => {
    const batch = batchOf(content, 1)
    const read = [...linesOf(batch)]
    expect(read.map((line) => line.lengths)).toEqual(content.map((texts) => (texts === null || texts.length === 1 ? null : texts.map((piece) => piece.length))))
    expect(read.every((line) => line.bytes.buffer === batch.bytes.buffer)).toBe(true)
    expect(read.map((line) => typeOf(line.bytes))).toEqual(content.map((texts) => (texts === null ? 'source' : 'delta')))
  }))
})

test('long texts and many parts keep their lengths', () => {
  const texts = ['a'.repeat(300), 'b', '😀'.repeat(20_000), ...Array.from({ length: 200 }, () => 'c')]
  const batch = batchOf([texts], 5)
  expect([...entriesOf(batch, 6)]).toEqual([
    { type: 'delta', block: 0, kind: 'text', nth: 0, text: texts.slice(2).join(''), first: 7, offset: 207 },
  ])
})
