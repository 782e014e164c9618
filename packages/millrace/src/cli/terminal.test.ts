import fc from 'fast-check'
import { expect, test } from 'vitest'
import { toJsonLine, toLine, toText } from './terminal.ts'

const hostile = fc
  .array(fc.oneof(fc.string(), fc.constantFrom('\x1b', '\x1b[', '\x9b', '\x1b]0;', '\x07', '\x1b\\', '31m', '\r', '\n', '\t', '\x7f', '\x85')))
  .map((parts) => parts.join(''))

test('no text, whole or torn anywhere, leaves a control character but LF and TAB', () => {
  fc.assert(
    fc.property(hostile, fc.nat(50), (text, at) => {
      for (const part of [text, text.slice(0, at), text.slice(at)]) expect(toText(part)).not.toMatch(/[\0-\x08\x0b-\x1f\x7f-\x9f]/)
    }),
  )
})

test('text without control characters stays as it is', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (text) => {
      fc.pre(!/[\0-\x1f\x7f-\x9f]/.test(text))
      expect(toText(text)).toBe(text)
    }),
  )
  expect(toText('a\tb\nÄ 水 👩‍🚒')).toBe('a\tb\nÄ 水 👩‍🚒')
})

test.each([
  ['colours', 'a\x1b[1;31mb\x1b[0mc', 'abc'],
  ['the window’s title', 'a\x1b]0;owned\x07b', 'ab'],
  ['the clipboard', 'a\x1b]52;c;aGk=\x1b\\b', 'ab'],
  ['eight-bit forms', 'a\x9b2Jb\x9d0;x\x9cc', 'abc'],
  ['device strings', 'a\x1bP1$r0m\x1b\\b', 'ab'],
  ['overwriting', 'rm -rf /\r\x1b[Kls', 'rm -rf /ls'],
])('%s are taken out as a whole', (_name, text, clean) => {
  expect(toText(text)).toBe(clean)
})

test('a long sequence without an end costs linear time', () => {
  const torn = '\x1b[' + '1;'.repeat(500_000) + '\x1b]' + 'x'.repeat(500_000)
  expect(toText(torn)).toHaveLength(1_500_002)
})

test('as many beginnings without an end cost linear time', { timeout: 5000 }, () => {
  for (const begin of ['\x90', '\x1b]', '\x9b', '\x1b[', '\x1bP;']) expect(toText(begin.repeat(400_000))).toMatch(/^[\]P[;]*$/)
  expect(toText('a\x90b\x9dc\x1b]d\x07e')).toBe('abce')
})

test('a line is one line', () => {
  expect(toLine(' a\r\nb\tc\x1b[2J\n')).toBe('a b c')
})

test('JSON lines mean the same and hold no control character', () => {
  fc.assert(
    fc.property(hostile, (text) => {
      const line = toJsonLine({ text })
      expect(JSON.parse(line)).toEqual({ text })
      expect(line.slice(0, -1)).not.toMatch(/[\0-\x1f\x7f-\x9f]/)
    }),
  )
})
