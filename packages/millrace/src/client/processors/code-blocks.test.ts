import fc from 'fast-check'
import { expect, test } from 'vitest'
import { CodeBlocks } from './code-blocks.ts'
import { charactersOf, cutAnywhere, joined, run } from '../../../../../test/support/processing.ts'

const FENCES = fc.constantFrom('```', '````', '~~~', '~~~~', '``', '`', '~', '\n', '\r\n', '\r', ' ', '   ', '    ', 'js', 'a b', '\t', '😀', '\ud83d', 'x')
const texts = fc.array(FENCES, { maxLength: 24 }).map((parts) => parts.join(''))
const blocks = (text: string): unknown => joined(run(new CodeBlocks(), [text])).map(({ text: said, code }) => [code?.info ?? null, said])

test('a text cut anywhere has the same blocks', () => {
  fc.assert(fc.property(texts.chain(cutAnywhere), ({ text, pieces }) => {
    expect(joined(run(new CodeBlocks(), pieces))).toEqual(joined(run(new CodeBlocks(), [text])))
  }), { numRuns: 500 })
})

/** The rules once more, over whole lines. */
function expected(text: string): [string | null, string][] {
  const found: [string | null, string][] = []
  let open: { char: string; length: number; indent: number } | null = null
  const say = (info: string | null, said: string): void => {
    const last = found.at(-1)
    if (last && last[0] === null && info === null) last[1] += said
    else if (said !== '' || info !== null) found.push([info, said])
  }
  for (const line of text.split(/(?<=\n)/)) {
    const [, indent = '', run = '', info = ''] = /^( *)(`{3,}|~{3,})([^\n]*)/.exec(line) ?? []
    if (open) {
      const isClose = run.startsWith(open.char) && run.length >= open.length && info.trim() === '' && indent.length <= open.indent + 3
      if (isClose) open = null
      else found.at(-1)![1] += line.slice(Math.min(open.indent, /^ */.exec(line)![0].length))
    } else if (run !== '' && !(run.startsWith('`') && info.includes('`'))) {
      open = { char: run[0]!, length: run.length, indent: indent.length }
      say(info.trim(), '')
    } else say(null, line)
  }
  return found
}

test('what is code is what the rules say of whole lines', () => {
  fc.assert(fc.property(texts, (text) => {
    expect(blocks(text)).toEqual(expected(text))
  }), { numRuns: 1000 })
})

test.each([
  ['a\n```js title\nlet x\n```\nb', [[null, 'a\n'], ['js title', 'let x\n'], [null, 'b']]],
  ['````\n```\n````', [['', '```\n']]],
  ['~~~\n```\n~~~~  \nend', [['', '```\n'], [null, 'end']]],
  ['```\nnever closed', [['', 'never closed']]],
  ['```py', [['py', '']]],
  ['no ``` fence', [[null, 'no ``` fence']]],
  ['``` no ` fence\n', [[null, '``` no ` fence\n']]],
  ['- list\n  ```\n  a\n   b\n  ```\n', [[null, '- list\n'], ['', 'a\n b\n']]],
  ['  ```\n  a\n     ```\nb', [['', 'a\n'], [null, 'b']]],
  ['```\na\n    ```\nb', [['', 'a\n    ```\nb']]],
  ['```\na\n```\n```\nb\n```', [['', 'a\n'], ['', 'b\n']]],
  ['```\r\na\r\n```\r\nb', [['', 'a\r\n'], [null, 'b']]],
])('%j', (text, expectedBlocks) => {
  expect(blocks(text)).toEqual(expectedBlocks)
})

test('a block says its language at once, and code is not held back', () => {
  const machine = new CodeBlocks()
  expect(machine.push('```ts strict\n')).toEqual([{ text: '', code: { nth: 0, language: 'ts', info: 'ts strict' } }])
  const [piece] = machine.push('let')
  expect(piece).toMatchObject({ text: 'let', code: { nth: 0 } })
  expect(machine.push('\n``')).toMatchObject([{ text: '\n' }])
  expect(machine.push('x')).toMatchObject([{ text: '``x' }])
})

test('a line too long for a fence is given out as it comes', () => {
  const machine = new CodeBlocks()
  const line = `~~~${'x'.repeat(1000)}`
  expect(joined(charactersOf(line).flatMap((char) => [...machine.push(char)]))).toEqual([{ text: line }])
  expect(machine.push('\nplain')).toEqual([{ text: '\nplain' }])
})
