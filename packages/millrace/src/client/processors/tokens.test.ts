import fc from 'fast-check'
import * as cl100k from 'gpt-tokenizer/encoding/cl100k_base'
import * as o200k from 'gpt-tokenizer/encoding/o200k_base'
import * as r50k from 'gpt-tokenizer/encoding/r50k_base'
import { expect, test } from 'vitest'
import { all, coming, cutAnywhere } from '../../../../../test/support/processing.ts'
import { countTokens } from './tokens.ts'

const PARTS = ['The', ' mill', 'race', ' ', '  ', '\n', '\r\n', '\t', "'s", "'", '’ll', '12345', '.', '...\n', '/', '-', 'É', 'e\u0301', '\u0301', '水車', '。', '😀', '\ud83d', '<|endoftext|>', 'camelCase', '_', ' \n x']
const texts = fc.oneof(
  fc.array(fc.constantFrom(...PARTS), { maxLength: 30 }).map((parts) => parts.join('')),
  fc.string({ unit: 'binary', maxLength: 20 }),
)
type Encoding = Pick<typeof o200k, 'countTokens'>
const TOKENIZERS: readonly (readonly [string, Encoding])[] = [['o200k_base', o200k], ['cl100k_base', cl100k], ['r50k_base', r50k]]

/** Of the whole, in which a model's own marks are text. */
function plain(tokenizer: Encoding, text: string): number {
  return tokenizer.countTokens(text, { disallowedSpecial: new Set() })
}

test.each(TOKENIZERS)('%s: cut anywhere, a text has the tokens of the whole', async (_name, tokenizer) => {
  await fc.assert(fc.asyncProperty(texts.chain(cutAnywhere), async ({ text, pieces }) => {
    const counted = await all(countTokens(coming(pieces), tokenizer))
    expect(counted.at(-1)).toEqual({ text: '', tokens: plain(tokenizer, text) })
    expect(counted.map((piece) => piece.text).join('')).toBe(text)
  }), { numRuns: 500 })
})

test('no cut takes a contraction or a mark from its word', async () => {
  const text = "I don't, it's ก็ को caf\u0065\u0301, we'll"
  for (let cut = 0; cut <= text.length; cut += 1) {
    const counted = await all(countTokens(coming([text.slice(0, cut), text.slice(cut)])))
    expect([cut, counted.at(-1)!.tokens]).toEqual([cut, o200k.countTokens(text)])
  }
})

test('the count after a piece is that of its complete words', async () => {
  const counted = await all(countTokens(coming(['The mill', 'race ', 'turns'])))
  expect(counted).toEqual([{ text: 'The mill', tokens: 1 }, { text: 'race ', tokens: 3 }, { text: 'turns', tokens: 3 }, { text: '', tokens: 4 }])
})

test('a run without an end is counted in stretches, not at its end', async () => {
  const counted = await all(countTokens(coming(Array.from({ length: 50 }, () => 'x'.repeat(100)))))
  expect(counted.at(25)!.tokens).toBeGreaterThan(0)
})
