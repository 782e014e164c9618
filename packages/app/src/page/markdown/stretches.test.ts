import { expect, test } from 'vitest'
import { Stretches } from './stretches.ts'
import type { Stretch } from './stretches.ts'

/** All stretches of a text that comes in these pieces. */
function cut(...pieces: readonly string[]): Stretch[] {
  const stretches = new Stretches()
  for (const piece of pieces) stretches.push(piece)
  const { done, open } = stretches
  return open === null ? done : [...done, open]
}
const show = ({ kind, text, language }: Stretch): string => (kind === 'code' ? `${language}: ${text}` : text.trim())

test('cuts between paragraphs, and around code', () => {
  expect(cut('One\ntwo\n\nThree\n```js\na\n\n# b\n```\nfour\n\n\n# Five').map(show)).toEqual(['One\ntwo', 'Three', 'js: a\n\n# b\n', 'four', '# Five'])
})

test('keeps a list together over blank lines, with what is indented under it', () => {
  expect(cut('- a\n\n- b\n\n  more of b\n\nAfter').map(show)).toEqual(['- a\n\n- b\n\n  more of b', 'After'])
})

test('code in a list loses the indent of its fence', () => {
  expect(cut('1. a\n   ```\n   x\n     y\n   ```\n2. b').map(show)).toEqual(['1. a', ': x\n  y\n', '2. b'])
})

test('what is finished stays the same object, and is finished as soon as something else is seen to begin', () => {
  const stretches = new Stretches()
  stretches.push('One.\n\nT')
  expect(stretches.done.map(show)).toEqual(['One.'])
  const [first] = stretches.done
  stretches.push('wo.\n\nThree.')
  expect(stretches.done[0]).toBe(first)
  expect(stretches.open?.text).toBe('Three.')
})

test('a long table goes on with the same head', () => {
  const head = '| a | b |\n|---|---|\n'
  const stretches = cut(head + '| one | two |\n'.repeat(1000))
  expect(stretches.length).toBeGreaterThan(2)
  for (const { text } of stretches) expect(text.startsWith(head)).toBe(true)
})

test('a line that comes at once is cut as well, never inside a character', () => {
  const stretches = cut(`${'🌍'.repeat(10_000)}\n\nafter`)
  for (const { text } of stretches) expect([text.length <= 8000, text.isWellFormed()]).toEqual([true, true])
  expect(stretches.map(({ text }) => text).join('')).toBe(`${'🌍'.repeat(10_000)}after`)
})

test.each([
  ['a paragraph', 'word '.repeat(100_000)],
  ['lines', 'line\n'.repeat(100_000)],
  ['items', '- item\n'.repeat(100_000)],
  ['blank lines', '\n'.repeat(400_000)],
])('%s without an end: what is drawn with every frame stays short, and the time linear', { timeout: 10_000 }, (_name, text) => {
  const stretches = new Stretches()
  for (let at = 0; at < text.length; at += 50) {
    stretches.push(text.slice(at, at + 50))
    expect(stretches.open?.text.length ?? 0).toBeLessThan(5000)
  }
  expect([...stretches.done, stretches.open].map((one) => one?.text ?? '').join('').replace(/\s/g, '').length).toBe(text.replace(/\s/g, '').length)
})
