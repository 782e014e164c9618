import { expect, test } from 'vitest'
import { copyOutline, createOutline, foldOutline, packOutline, unpackOutline } from './outline.ts'
import type { Keeping } from './kept.ts'
import type { Entry } from './run-event.ts'

const LOG: readonly Entry[] = [
  { type: 'start', run: 'r', kind: 'k', offset: 1 },
  { type: 'block_start', block: 0, kind: 'text', nth: 0, offset: 2 },
  { type: 'delta', block: 0, kind: 'text', nth: 0, text: 'Let me look. ', offset: 3 },
  { type: 'block_end', block: 0, kind: 'text', nth: 0, offset: 4 },
  { type: 'block_start', block: 1, kind: 'tool_call', nth: 0, id: 'call_1', name: 'find', offset: 5 },
  { type: 'delta', block: 1, kind: 'tool_call', nth: 0, text: '{"q":', offset: 6 },
  { type: 'delta', block: 1, kind: 'tool_call', nth: 0, text: '"mill"}', offset: 7 },
  { type: 'source', title: 'The mill', offset: 8 },
]

function folded(keeping: Keeping): ReturnType<typeof createOutline> {
  const outline = createOutline(keeping)
  for (const entry of LOG) foldOutline(outline, entry)
  return outline
}

test('of open tools it keeps what they were given, and nothing else', () => {
  const { kept } = folded('open tools')
  expect([...(kept?.blocks.values() ?? [])]).toEqual([{ block: 1, kind: 'tool_call', nth: 0, id: 'call_1', name: 'find', text: '{"q":"mill"}' }])
  expect(kept?.sources.toArray()).toEqual([])
})

test('a tool that is done is forgotten', () => {
  const outline = folded('open tools')
  foldOutline(outline, { type: 'block_end', block: 1, kind: 'tool_call', nth: 0, offset: 9 })
  expect(outline.kept?.blocks.size).toBe(0)
})

test('it knows the calls that were said to their end, and the newest approval asked for of each', () => {
  const outline = folded('open tools')
  const ask = (id: string): void => foldOutline(outline, { type: 'ask', id, signal: 'approval', call: 'call_1', offset: 9 })
  ask('early')
  expect([outline.kept?.calls, outline.kept?.approvals]).toEqual([[], []])
  foldOutline(outline, { type: 'block_end', block: 1, kind: 'tool_call', nth: 0, offset: 9 })
  ask('first')
  ask('second')
  foldOutline(outline, { type: 'ask', id: 'other', signal: 'input', call: 'call_1', offset: 9 })
  expect([outline.kept?.calls, outline.kept?.approvals]).toEqual([['call_1'], [{ id: 'second', call: 'call_1' }]])
  foldOutline(outline, { type: 'attempt', n: 2, offset: 10 })
  expect([outline.kept?.calls, outline.kept?.approvals]).toEqual([[], []])
})

test('everything is every block and source of this attempt', () => {
  const outline = folded('everything')
  expect([...(outline.kept?.blocks.values() ?? [])].map(({ text }) => text)).toEqual(['Let me look. ', '{"q":"mill"}'])
  expect(outline.kept?.sources.toArray()).toEqual([{ title: 'The mill' }])
  foldOutline(outline, { type: 'attempt', n: 2, offset: 9 })
  expect([outline.kept?.blocks.size, outline.kept?.sources.toArray()]).toEqual([0, []])
})

test('of sources it keeps those of this attempt, and no text', () => {
  const outline = folded('sources')
  expect([outline.kept?.blocks.size, outline.kept?.sources.toArray()]).toEqual([0, [{ title: 'The mill' }]])
  foldOutline(outline, { type: 'attempt', n: 2, offset: 9 })
  expect(outline.kept?.sources.toArray()).toEqual([])
})

test('the stage is the last one of this attempt', () => {
  const outline = folded('everything')
  foldOutline(outline, { type: 'status', status: 'searching', offset: 9 })
  expect(outline.stage).toBe('searching')
  foldOutline(outline, { type: 'attempt', n: 2, offset: 10 })
  expect(outline.stage).toBeNull()
})

test('a copy stays as it is while the other is folded on', () => {
  const outline = folded('everything')
  const copy = copyOutline(outline)
  foldOutline(outline, { type: 'delta', block: 1, kind: 'tool_call', nth: 0, text: '!', offset: 9 })
  expect(copy.kept?.blocks.get(1)?.text).toBe('{"q":"mill"}')
})

test('what is kept stays out of a segment’s head', () => {
  const packed = packOutline(folded('everything'))
  expect(packed).not.toContain('mill"')
  expect(unpackOutline(packed).kept).toBeNull()
})
