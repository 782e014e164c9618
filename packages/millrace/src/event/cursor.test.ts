import fc from 'fast-check'
import { expect, test } from 'vitest'
import { epochOf, formatCursor, parseCursor, type Cursor } from './cursor.ts'
import { hasCode } from './error.ts'

const epoch = fc.stringMatching(/^[0-9a-f]{8}$/)
const offset = fc.integer({ min: 0, max: 999_999_999_999_999 })
const count = fc.integer({ min: 1, max: 999_999 })
const cursors: fc.Arbitrary<Cursor> = fc.oneof(
  fc.record({ epoch, offset, frame: fc.constant(0), version: fc.constant(0) }),
  fc.record({ epoch, offset, frame: count, version: count }),
)

test('every cursor comes back from its wire form as it was', () => {
  fc.assert(fc.property(cursors, (cursor) => {
    expect(parseCursor(formatCursor(cursor))).toEqual(cursor)
  }))
})

test('whatever is accepted is written back as the very same text', () => {
  const nearly = fc.tuple(cursors, fc.nat(30), fc.constantFrom('', '0', '-', '.', ' ', '\n', 'A', '٣', '-0', '+1')).map(([cursor, at, extra]) => {
    const text = formatCursor(cursor)
    return text.slice(0, at) + extra + text.slice(at + 1)
  })
  fc.assert(fc.property(fc.oneof(nearly, fc.string()), (text) => {
    let parsed: Cursor
    try {
      parsed = parseCursor(text)
    } catch (error) {
      expect(hasCode(error, 'invalid_cursor')).toBe(true)
      return
    }
    expect(formatCursor(parsed)).toBe(text)
    expect(Number.isSafeInteger(parsed.offset)).toBe(true)
  }), { numRuns: 500 })
})

test.each(['', '7f3a0000', '7f3a0000-', '7f3a0000-01', '7F3A0000-1', '7f3a0000-1.0-1', '7f3a0000-1.1-0', '7f3a0000-1.1', '7f3a0000-1\n', '7f3a0000-1e3', '7f3a0000-9999999999999999', '-1'])(
  'refuses %j',
  (text) => {
    expect(() => parseCursor(text)).toThrow(expect.objectContaining({ code: 'invalid_cursor' }))
  },
)

test('an epoch is the beginning of its nonce, and fits a cursor', () => {
  fc.assert(fc.property(fc.stringMatching(/^[0-9a-f]{32}$/), (nonce) => {
    const place = { epoch: epochOf(nonce), offset: 1, frame: 0, version: 0 }
    expect(nonce.startsWith(place.epoch)).toBe(true)
    expect(parseCursor(formatCursor(place))).toEqual(place)
  }))
})
