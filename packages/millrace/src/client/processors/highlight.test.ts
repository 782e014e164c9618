import fc from 'fast-check'
import { expect, test, vi } from 'vitest'
import { all, charactersOf, coming, cutAnywhere, joined, run } from '../../../../../test/support/processing.ts'
import { codeBlocks } from './code-blocks.ts'
import { highlight, Highlighter } from './highlight.ts'
import type { Piece } from './piece.ts'
import { toHtml } from './to-html.ts'
import { foldCase, isBorder } from './words.ts'

const PARTS = ['a', 'A', 'b', 'ab', 'ba', ' ', '-', 'ς', 'Σ', '\u0301', '😀', '\ud83d', '\ude00', '\r', '\n', '税', 'abab', 'a b', '']
const texts = fc.array(fc.constantFrom(...PARTS), { maxLength: 30 }).map((parts) => parts.join(''))
const keywords = fc.array(fc.array(fc.constantFrom(...PARTS), { maxLength: 4 }).map((parts) => parts.join('')), { maxLength: 6 })

const marked = (text: string, words: readonly string[]): string =>
  joined(run(new Highlighter(words), [text])).map((piece) => (piece.match === undefined ? piece.text : `[${piece.text}]`)).join('')

/** Each place in turn, each keyword in turn, the longest first. */
function expected(text: string, words: readonly string[]): string {
  const fold = (of: string): string => charactersOf(of).map(foldCase).join('')
  const byLength = words.filter((word) => word !== '').sort((a, b) => b.length - a.length)
  const places = new Set(charactersOf(text).reduce<number[]>((all, char) => [...all, all.at(-1)! + char.length], [0]))
  const edge = (at: number): boolean => {
    const before = charactersOf(text.slice(0, at)).at(-1) ?? ''
    const [after = ''] = text.slice(at)
    return places.has(at) && isBorder(before, after)
  }
  let marks = ''
  for (let at = 0; at < text.length;) {
    const word = byLength.find((one) => fold(text.slice(at, at + one.length)) === fold(one) && edge(at) && edge(at + one.length))
    marks += word === undefined ? text[at]! : `[${text.slice(at, at + word.length)}]`
    at += word?.length ?? 1
  }
  return marks
}

test('a text cut anywhere has the same keywords', () => {
  fc.assert(fc.property(texts.chain(cutAnywhere), keywords, ({ text, pieces }, words) => {
    expect(joined(run(new Highlighter(words), pieces))).toEqual(joined(run(new Highlighter(words), [text])))
  }), { numRuns: 1000 })
})

test('what is marked is what a search at each place would find', () => {
  fc.assert(fc.property(texts, keywords, (text, words) => {
    expect(marked(text, words)).toBe(expected(text, words))
  }), { numRuns: 2000 })
})

test.each([
  ['The mill, a windmill and mills.', ['mill'], 'The [mill], a windmill and mills.'],
  ['a tax credit', ['tax', 'tax credit', 'credit'], 'a [tax credit]'],
  ['one two three two four', ['one two three four', 'one', 'three'], '[one] two [three] two four'],
  ['VAT and vat', ['Vat'], '[VAT] and [vat]'],
  ['déjà vu, de\u0301ja', ['déjà', 'de'], '[déjà] vu, de\u0301ja'],
  ['ΟΔΟΣ οδός οδος', ['οδος'], '[ΟΔΟΣ] οδός [οδος]'],
  ['C++ or C+, .NET', ['c++', '.net'], '[C++] or C+, [.NET]'],
  ['公司的税率', ['税率'], '公司的[税率]'],
  ['tax’s, snake_tax, tax2', ['tax'], '[tax]’s, snake_tax, tax2'],
  ['👍🏽 👍', ['👍'], '👍🏽 [👍]'],
  ['x', [], 'x'],
])('%j with %j', (text, words, marks) => {
  expect(marked(text, words)).toBe(marks)
})

test('a piece says which keyword it is, as it was given', () => {
  expect(run(new Highlighter(['Mill']), ['the MI', 'LL'])).toEqual([{ text: 'the ' }, { text: 'MILL', match: 'Mill' }])
})

test('no more is held back than may become a keyword', () => {
  const machine = new Highlighter(['income tax'])
  expect(machine.push('an inc')).toEqual([{ text: 'an ' }])
  expect(machine.push('ident')).toEqual([{ text: 'incident' }])
})

test('folding keeps lengths, and is what regular expressions call the same letter', () => {
  for (let code = 0; code <= 0x1ffff; code += 1) {
    const char = String.fromCodePoint(code)
    const folded = foldCase(char)
    if (folded === char) continue
    expect([char, folded.length, foldCase(folded)]).toEqual([char, char.length, folded])
    expect([char, folded, new RegExp(`^\\u{${code.toString(16)}}$`, 'iu').test(folded)]).toEqual([char, folded, true])
  }
})

test('twice the text is twice the work, however bad the keywords', () => {
  const words = Array.from({ length: 60 }, (_, n) => `${'a'.repeat(n)}b`)
  const work = (length: number): number => {
    const machine = new Highlighter(words)
    const lookups = vi.spyOn(Map.prototype, 'get')
    for (let at = 0; at < length; at += 100) machine.push('a'.repeat(100))
    const count = lookups.mock.calls.length
    lookups.mockRestore()
    return count
  }
  expect(work(20_000)).toBeLessThanOrEqual(4 * 20_000)
  expect(work(40_000) / work(20_000)).toBeCloseTo(2, 1)
})

test('code passes unread, and a keyword does not reach around it', async () => {
  const pieces = highlight(codeBlocks(coming(['tax `\n``', '`js\ntax <b>\n``', '`\ncredit & tax'])), ['tax', 'tax `\ncredit'])
  expect(joined(await all(pieces))).toMatchObject([
    { text: 'tax', match: 'tax' }, { text: ' `\n' }, { text: 'tax <b>\n', code: { language: 'js' } }, { text: 'credit & ' }, { text: 'tax', match: 'tax' },
  ])
})

const html = async (pieces: Iterable<Piece>): Promise<string> => (await all(toHtml(coming(pieces)))).join('')

test('as HTML everything is escaped, and every element closed', async () => {
  const code = { nth: 0, language: '"><i>', info: '' }
  const other = { nth: 1, language: '', info: '' }
  expect(await html([{ text: '<b>', match: 'b' }, { text: '&' }, { text: 'a', code }, { text: '<', code }, { text: '', code: other }])).toBe(
    '<mark>&lt;b&gt;</mark>&amp;<pre><code class="language-&quot;&gt;&lt;i&gt;">a&lt;</code></pre><pre><code></code></pre>')
})
