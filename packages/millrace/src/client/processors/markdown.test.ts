import fc from 'fast-check'
import { expect, test } from 'vitest'
import { charactersOf, cutAnywhere, run } from '../../../../../test/support/processing.ts'
import { MarkdownSplitter } from './markdown.ts'

const LINKS = ['[a](b)', '[a [b] \\] c](<d e> "f)")', '![alt](http://x.y/z_(q)?*a "t")', '[![i](u)](v)', '[a][b]', '[^1]', '<http://x.y>', 'https://x.y/z_a_b*c*', '<b class="x">']
const MARKS = ['`a[b`', '``c ` d``', '**e _f_ g**', '*[h](i_j_k)*', '***l***', '~~m~~', '&amp;', '\\*']
const BLOCKS = ['```js\n[a](b *c\n```\n', '~~~\n`\n~~~\n', '- n\n', '> q\n', '# r\n', 'Title\n---\n']
const SOUP = ['[', ']', '(', ')', '*', '**', '_', '`', '``', '```', '~', '~~', '****', '``````````', '<', '>', '!', '\\', '&', ';', 'h', 'http', '://', '\n', '\n\n', '\r\n', ' ', '"', '-', '1.', 'a', 'bc', '😀', '\ud83d']
const soup = fc.array(fc.constantFrom(...SOUP, ...LINKS, ...MARKS, ...BLOCKS), { maxLength: 30 }).map((parts) => parts.join(''))

function given(pieces: readonly string[]): { readonly text: string; readonly lengths: readonly number[] } {
  const machine = new MarkdownSplitter()
  let text = ''
  const lengths = pieces.map((piece) => (text += machine.push(piece).join('')).length)
  return { text, lengths }
}

test('the text stays what it was, wherever it was cut', () => {
  fc.assert(fc.property(soup.chain(cutAnywhere), ({ text, pieces }) => {
    expect(run(new MarkdownSplitter(), pieces).join('')).toBe(text)
  }))
})

test('how much is given out depends on what came, not on how it came', () => {
  fc.assert(fc.property(soup.chain(cutAnywhere), ({ pieces }) => {
    expect(given(pieces).text).toBe(given([pieces.join('')]).text)
  }), { numRuns: 2000 })
})

const constructs = fc.array(fc.constantFrom(...LINKS, ...MARKS, ...BLOCKS.map((block) => `\n${block}`), 'word', 'three short words'), { minLength: 1, maxLength: 12 })

test('no link, image, mark, tag or fence is ever given out in part', () => {
  fc.assert(fc.property(constructs, (parts) => {
    const text = parts.join(' ')
    const { lengths } = given(charactersOf(text))
    let begin = 0
    for (const part of parts) {
      const inside = lengths.filter((length) => length > begin && length < begin + part.length)
      if (LINKS.includes(part) || MARKS.includes(part)) expect([part, inside]).toEqual([part, []])
      begin += part.length + 1
    }
  }), { numRuns: 500 })
})

test.each([
  ['See [the mi', 'See '],
  ['See [the mill](https://mill.ex', 'See '],
  ['See [the mill](https://mill.example) t', 'See [the mill](https://mill.example) t'],
  ['See [1] and', 'See [1] and'],
  ['from [0, 1) to', 'from '],
  ['See https://mill.ex', 'See '],
  ['This is **bo', 'This is '],
  ['This is **bold** n', 'This is **bold** n'],
  ['2 * 3 and snake_case_name ', '2 * 3 and snake_case_name '],
  ['Use `a', 'Use '],
  ['x *****a b', 'x *****a b'],
  ['x ``````````a b', 'x ``````````a b'],
  ['Title\n-', 'Title\n'],
  ['text\n``', 'text\n'],
  ['text\n```j', 'text\n'],
  ['```js\nlet x', '```js\nlet x'],
  ['```js\nlet x\n``', '```js\nlet x\n'],
  ['a & b, a < b, wow!', 'a & b, a < b, wow'],
])('of %j it gives out %j', (text, out) => {
  expect(given([text]).text).toBe(out)
})

test('what never closes is given out with its paragraph', () => {
  expect(given(['a [b\n\nc']).text).toBe('a [b\n\nc')
  expect(given(['a **b\n\nc']).text).toBe('a **b\n\nc')
  expect(given(['a `b\n\nc']).text).toBe('a `b\n\nc')
})

test.each(['[', '[a](', '![', '**a', '`', '<a', 'http://', '```', '[[', '[a](b "', '~~~', '\\', '&a', '[a](<', '***', '_a'])('%j holds back no more than it says', (begin) => {
  for (const filler of ['x', ' x', begin, '\\x', '[x', '(x', '(x)', '*']) {
    const text = begin + filler.repeat(10_000 / filler.length)
    expect([filler, text.length - given([text]).text.length]).toEqual([filler, expect.toSatisfy((held) => Number(held) <= 3_000)])
  }
})
