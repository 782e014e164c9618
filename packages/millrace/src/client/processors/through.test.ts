import { expect, test } from 'vitest'
import { all, coming } from '../../../../../test/support/processing.ts'
import { codeBlocks } from './code-blocks.ts'
import { frames } from './frames.ts'
import { highlight } from './highlight.ts'
import { markdown } from './markdown.ts'
import { smooth } from './smooth.ts'
import { countTokens } from './tokens.ts'
import { window } from './window.ts'

const PROCESSORS: Readonly<Record<string, (source: AsyncIterable<string>) => AsyncIterableIterator<unknown>>> = {
  highlight: (source) => highlight(source, ['mill']),
  codeBlocks,
  markdown,
  window: (source) => window(source, { characters: 100 }),
  countTokens: (source) => countTokens(source, { countTokens: (text) => text.length }),
  frames,
  smooth,
}
const CASES = Object.entries(PROCESSORS)

/** A source that says what becomes of it. */
function watched(texts: Iterable<string>, failure?: Error): { readonly source: AsyncGenerator<string>; read: number; isClosed: boolean } {
  const state = { source: says(), read: 0, isClosed: false }
  async function* says(): AsyncGenerator<string> {
    try {
      for (const text of texts) {
        await Promise.resolve()
        state.read += 1
        yield text
      }
      if (failure) throw failure
    } finally {
      state.isClosed = true
    }
  }
  return state
}

function* endless(): Generator<string> {
  for (;;) yield 'words '
}

test.each(CASES)('%s: nothing is read before it is asked for', (_name, process) => {
  const state = watched(['a'])
  process(state.source)
  expect(state.read).toBe(0)
})

test.each(CASES)('%s: whoever leaves closes the source, also an endless one', async (_name, process) => {
  const state = watched(endless())
  for await (const said of process(state.source)) {
    expect(said).toBeDefined()
    break
  }
  expect(state.isClosed).toBe(true)
})

test.each(CASES)('%s: a failure is thrown once, after what was said before it', async (_name, process) => {
  const failure = new Error('cut')
  const state = watched(['The mi', 'll'], failure)
  const reader = process(state.source)
  const said: unknown[] = []
  await expect((async () => {
    for await (const piece of reader) said.push(piece)
  })()).rejects.toBe(failure)
  expect(said.map((piece) => JSON.stringify(piece)).join('')).toMatch(/The.*mi.*ll/)
  expect(await reader.next()).toEqual({ done: true, value: undefined })
})

test.each(CASES)('%s: what is asked for together is answered in turn', async (_name, process) => {
  const texts = ['a b ', 'c d ', 'e f ']
  const one = await all(process(coming(texts)))
  const reader = process(coming(texts))
  const together = await Promise.all([...one, 'and the end'].map(() => reader.next()))
  expect(together.filter(({ done }) => !done)).toHaveLength(one.length)
  expect(together.at(-1)).toEqual({ done: true, value: undefined })
})

test('leaving does not wait for a source that says nothing, and what it says then is not told', async () => {
  let leave = (): void => undefined
  const silent: AsyncIterableIterator<string> = {
    next: () => new Promise((resolve) => (leave = () => resolve({ done: false, value: 'late' }))),
    return: () => {
      leave()
      return Promise.resolve({ done: true, value: undefined })
    },
    [Symbol.asyncIterator]: () => silent,
  }
  const reader = markdown(silent)
  const waiting = reader.next()
  await Promise.resolve()
  expect(await reader.return?.()).toEqual({ done: true, value: undefined })
  expect(await waiting).toEqual({ done: true, value: undefined })
})

test('a processor that fails closes its source', async () => {
  const state = watched(['a b c'])
  const failure = new Error('broken')
  const reader = countTokens(state.source, {
    countTokens() {
      throw failure
    },
  })
  await expect(reader.next()).rejects.toBe(failure)
  expect(state.isClosed).toBe(true)
})
