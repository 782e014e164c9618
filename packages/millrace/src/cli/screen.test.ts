import { expect, test } from 'vitest'
import { Screen } from './screen.ts'

/** One terminal, or two outputs that are none, as what was written to them in order. */
function outputs(isTTY: boolean): { readonly screen: Screen; readonly written: () => string } {
  let written = ''
  const output = { isTTY, write: (text: string) => ((written += text), true) }
  return { screen: new Screen(output, output), written: () => written.replaceAll('\r\x1b[K', '<erase>') }
}

test('a bar replaces itself on a terminal', () => {
  const { screen, written } = outputs(true)
  screen.bar('one')
  screen.bar('two')
  screen.finish()
  expect(written()).toBe('one<erase>two<erase>')
})

test('a settled bar becomes a line that stays', () => {
  const { screen, written } = outputs(true)
  screen.bar('one')
  screen.settle('all')
  screen.text('text\n')
  expect(written()).toBe('one<erase>all\ntext\n')
})

test('a bar never wraps: only one line can be taken back', () => {
  const { screen, written } = outputs(true)
  screen.bar('x'.repeat(200))
  expect(written()).toBe('x'.repeat(79))
})

test('a bar is a line of its own where there is no terminal', () => {
  const { screen, written } = outputs(false)
  screen.bar('one')
  screen.bar('two')
  screen.finish()
  expect(written()).toBe('one\ntwo\n')
})

test('a bar makes room for text and waits for the end of its line', () => {
  const { screen, written } = outputs(true)
  screen.bar('half')
  screen.text('some ')
  screen.bar('whole')
  screen.text('text\n')
  screen.bar('done')
  expect(written()).toBe('half<erase>some text\n<erase>done')
})

test('a notice never stands in the middle of a line of text', () => {
  const { screen, written } = outputs(true)
  screen.bar('half')
  screen.text('some')
  screen.notice('reconnecting')
  screen.text(' text')
  screen.finish()
  expect(written()).toBe('half<erase>some\nreconnecting\nhalf<erase> text\n')
})

test('a notice adds nothing to text that goes elsewhere', () => {
  const { screen, written } = outputs(false)
  screen.text('some')
  screen.notice('reconnecting')
  screen.text(' text')
  screen.finish()
  expect(written()).toBe('somereconnecting\n text')
})
