import { expect, test } from 'vitest'
import type { KnownEvent } from './run-event.ts'
import { TextPieces } from './text-pieces.ts'

function pieces(): { add: (event: KnownEvent) => void; take: () => string } {
  const all = new TextPieces()
  let offset = 0
  return { add: (event) => all.add({ ...event, offset: ++offset }), take: () => all.take() }
}
const delta = (text: string, kind = 'text'): KnownEvent => ({ type: 'delta', block: 0, kind, nth: 0, text })

test('a piece is the text that was added since the one before, and of no other block', () => {
  const { add, take } = pieces()
  for (const event of [delta('hm', 'reasoning'), delta('a'), delta('b')]) add(event)
  expect([take(), take()]).toEqual(['ab', ''])
  add(delta('c'))
  expect(take()).toBe('c')
})

test('text that was not given out yet is forgotten when the run begins anew', () => {
  const { add, take } = pieces()
  for (const event of [delta('a'), { type: 'attempt', n: 2 } as const, delta('b')]) add(event)
  expect(take()).toBe('b')
})

test('text that was given out cannot be taken back', () => {
  const { add, take } = pieces()
  add(delta('a'))
  take()
  take()
  expect(() => add({ type: 'attempt', n: 2 })).toThrow(expect.objectContaining({ code: 'reset' }))
})
