import fc from 'fast-check'
import { expect, test } from 'vitest'
import { decodeRow, encodeRow, encodeSegment } from './row.ts'

const place = { first: fc.integer({ min: 1, max: 1e9 }), last: fc.integer({ min: 1, max: 1e9 }), epoch: fc.stringMatching(/^[0-9a-f]{8}$/) }
const bytes = fc.string({ unit: 'grapheme' }).map((text) => new TextEncoder().encode(text))
const parts = fc.option(fc.uint8Array({ maxLength: 300 }))
const head = fc.option(fc.string({ unit: 'grapheme' }))

test('a row and a segment come back byte for byte, whatever they say', () => {
  fc.assert(fc.property(fc.record({ ...place, bytes, parts, head }), (batch) => {
    const { first, last, epoch } = batch
    expect(decodeRow(encodeSegment(batch))).toEqual(batch)
    expect(decodeRow(encodeRow(first, last, epoch, batch.bytes))).toEqual({ ...batch, parts: null, head: null })
  }))
})

test('what is no row is store_corrupt', () => {
  for (const text of ['', '{}', '1 2\n', '1 2 zz\n', '1 2 abcdef01 3\nabc']) {
    expect(() => decodeRow(text)).toThrow(expect.objectContaining({ code: 'store_corrupt' }) as Error)
  }
})

test('bytes that are not UTF-8 are refused: they would not come back as they were', () => {
  expect(() => encodeRow(1, 1, 'abcdef01', Uint8Array.of(0xff))).toThrow(TypeError)
})
