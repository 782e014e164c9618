import fc from 'fast-check'
import { expect, test } from 'vitest'
import { textOf, toText } from './text.ts'

const hostile = fc.string({ unit: fc.constantFrom('\0', '\\', '0', 'a', '\n', '雨') })

test('a string comes back as it was, and holds nothing that Postgres does not take', () => {
  fc.assert(fc.property(fc.oneof(hostile, fc.string({ unit: 'binary' })), (text) => {
    expect(toText(text)).not.toContain('\0')
    expect(textOf(toText(text))).toBe(text)
  }))
})

test('two strings that differ are kept apart', () => {
  fc.assert(fc.property(hostile, hostile, (one, other) => {
    expect(toText(one) === toText(other)).toBe(one === other)
  }))
})
