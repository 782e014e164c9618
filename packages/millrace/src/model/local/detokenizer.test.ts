import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Detokenizer } from './detokenizer.ts'

/** A tokenizer whose every token is a byte: the hardest case, since no character but the plain ones is whole. */
const bytesOf = (text: string): number[] => [...new TextEncoder().encode(text)]
const textOf = (tokens: readonly number[]): string => new TextDecoder('utf-8', { ignoreBOM: true }).decode(Uint8Array.from(tokens))

/** The way of SentencePiece: a piece brings the space before it, which is not said where a text begins. */
const PIECES = [' And', ' God', ' said', 'eth', ',', ' é', ' ']
const join = (tokens: readonly number[]): string => tokens.map((token) => PIECES[token] ?? '').join('').replace(/^ /, '')

test('what is said is the text, and no piece of it ends inside a character', () => {
  const texts = fc.string({ unit: 'grapheme' }).filter((text) => !text.includes('\uFFFD'))
  fc.assert(fc.property(texts, texts, (before, text) => {
    const detokenizer = new Detokenizer(textOf, bytesOf(before))
    const pieces = bytesOf(text).map((token) => detokenizer.push(token))
    expect(pieces.join('')).toBe(text)
    for (const piece of pieces) expect(piece.isWellFormed() && !piece.includes('\uFFFD')).toBe(true)
  }), { numRuns: 300 })
})

test('a character is said with the token that completes it', () => {
  const detokenizer = new Detokenizer(textOf, bytesOf('a'))
  expect(bytesOf('漢b').map((token) => detokenizer.push(token))).toEqual(['', '', '漢', 'b'])
})

test('a character that is never completed is not said', () => {
  const detokenizer = new Detokenizer(textOf, bytesOf('a'))
  expect(bytesOf('漢').slice(0, 2).map((token) => detokenizer.push(token))).toEqual(['', ''])
})

test('the space before a word is said, though a text that began there would have none', () => {
  fc.assert(fc.property(fc.array(fc.nat(PIECES.length - 1), { minLength: 1 }), fc.array(fc.nat(PIECES.length - 1)), (before, tokens) => {
    const detokenizer = new Detokenizer(join, before)
    expect(join(before) + tokens.map((token) => detokenizer.push(token)).join('')).toBe(join([...before, ...tokens]))
  }))
})

test('a long answer is decoded a few tokens at a time', () => {
  let most = 0
  const detokenizer = new Detokenizer((tokens) => {
    most = Math.max(most, tokens.length)
    return textOf(tokens)
  }, bytesOf('question'))
  for (const token of bytesOf('wörter '.repeat(500))) detokenizer.push(token)
  expect(most).toBeLessThanOrEqual(6)
})
