import fc from 'fast-check'
import { expect, test } from 'vitest'
import { piecesOf } from './pieces.ts'

test('the pieces of any text are that text', () => {
  fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => {
    expect(piecesOf(text).join('')).toBe(text)
  }))
})

test('pieces are words with the space before them, and short', () => {
  expect(piecesOf("It's a log, isn’t it?\n\n• `x`")).toEqual(["It's", ' a', ' log', ',', ' isn’t', ' it', '?', '\n\n•', ' `', 'x', '`'])
  expect(Math.max(...piecesOf('水'.repeat(100)).map((piece) => piece.length))).toBeLessThanOrEqual(12)
})
