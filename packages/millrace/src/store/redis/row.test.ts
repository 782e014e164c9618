import fc from 'fast-check'
import { expect, test } from 'vitest'
import { decodeRow, encodeRow } from './row.ts'

const place = { first: fc.integer({ min: 1, max: 1e9 }), last: fc.integer({ min: 1, max: 1e9 }), epoch: fc.stringMatching(/^[0-9a-f]{8}$/) }
const bytes = fc.string({ unit: 'grapheme' }).map((text) => new TextEncoder().encode(text))
const parts = fc.option(fc.uint8Array({ maxLength: 300 }))
const head = fc.option(fc.string({ unit: 'grapheme' }))

test('a row and a segment come back byte for byte, whatever they say', () => {
  fc.assert(fc.property(fc.record({ ...place, bytes, parts, head }), (batch) => {
    expect(decodeRow(encodeRow(batch))).toEqual(batch)
  }))
})

test('what is no row is store_corrupt', () => {
  for (const text of ['', '{}', '1 2\n', '1 2 zz\n', '1 2 abcdef01 3\nabc']) {
    expect(() => decodeRow(text)).toThrow(expect.objectContaining({ code: 'store_corrupt' }) as Error)
  }
})

test('bytes that are not UTF-8 are refused: they would not come back as they were', () => {
  expect(() => encodeRow({ first: 1, last: 1, epoch: 'abcdef01', bytes: Uint8Array.of(0xff), parts: null, head: null })).toThrow(TypeError)
})
