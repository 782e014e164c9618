import { expect, test } from 'vitest'
import fc from 'fast-check'
import { createOutline, foldOutline } from './outline.ts'
import type { Entry, KnownEvent } from './run-event.ts'
import { SnapshotFold } from './snapshot.ts'

function fold(events: readonly KnownEvent[]): { snapshot: ReturnType<SnapshotFold['value']>; outline: ReturnType<typeof createOutline> } {
  const snapshot = new SnapshotFold()
  const outline = createOutline()
  for (const [index, event] of events.entries()) {
    const entry: Entry = { ...event, offset: index + 1 }
    snapshot.add(entry)
    foldOutline(outline, entry)
  }
  return { snapshot: snapshot.value(), outline }
}

const start: KnownEvent = { type: 'start', run: 'r', kind: 'answer' }
const text = { block: 0, kind: 'text', nth: 0 }

test('a new attempt forgets what the one before said', () => {
  const said: KnownEvent[] = [
    { type: 'block_start', ...text }, { type: 'delta', ...text, text: 'old' }, { type: 'source', title: 'Old' },
    { type: 'status', status: 'thinking' }, { type: 'progress', item: 'a', status: 'running' }, { type: 'usage', usage: { output: 3 } },
  ]
  const fresh = fold([start, { type: 'attempt', n: 2 }])
  const again = fold([start, ...said, { type: 'attempt', n: 2 }])
  expect(again).toEqual({
    snapshot: { ...fresh.snapshot, offset: said.length + 2 },
    outline: { ...fresh.outline, offset: said.length + 2, begun: said.length + 2 },
  })
})

test('text is what the text blocks say, in the order the blocks were opened', () => {
  fc.assert(fc.property(fc.array(fc.tuple(fc.nat(3), fc.string())), (deltas) => {
    const kindOf = (block: number): string => (block % 2 === 0 ? 'text' : 'reasoning')
    const { snapshot } = fold(deltas.map(([block, piece]) => ({ type: 'delta', block, kind: kindOf(block), nth: 0, text: piece })))
    const order = [...new Set(deltas.map(([block]) => block))]
    const textOf = (of: number): string => deltas.filter(([block]) => block === of).map(([, piece]) => piece).join('')
    expect(snapshot.blocks).toEqual(order.map((block) => ({ block, kind: kindOf(block), text: textOf(block) })))
    expect(snapshot.text).toBe(order.filter((block) => block % 2 === 0).map(textOf).join(''))
  }))
})

test('the end closes every block and has the last word on status and usage', () => {
  const { snapshot, outline } = fold([
    start, { type: 'block_start', ...text }, { type: 'usage', usage: { output: 1 } },
    { type: 'end', status: 'failed', reason: 'length', error: { code: 'c', message: 'm' }, usage: { output: 2 } },
  ])
  expect(snapshot).toMatchObject({ status: 'failed', reason: 'length', error: { code: 'c', message: 'm' }, usage: { output: 2 } })
  expect(outline).toMatchObject({ end: 'failed', open: [], blocks: 1, usage: { output: 2 } })
})

test('of each item of progress the newest word counts, in the order the items appeared', () => {
  const { snapshot } = fold([
    { type: 'progress', item: 'a', status: 'running' }, { type: 'progress', item: 'b', status: 'running' },
    { type: 'progress', item: 'a', status: 'completed', done: 3 },
  ])
  expect(snapshot.progress).toEqual([{ item: 'a', status: 'completed', done: 3 }, { item: 'b', status: 'running' }])
})

test('a tool that failed is told from one that answered', () => {
  const [ok, failed] = [0, 1].map((block) => ({ block, kind: 'tool_result', nth: block, id: `c${String(block)}` }))
  const { snapshot } = fold([start, { type: 'block_start', ...ok! }, { type: 'block_end', ...ok! }, { type: 'block_start', ...failed!, failed: true }])
  expect(snapshot.blocks).toEqual([{ block: 0, kind: 'tool_result', id: 'c0', text: '' }, { block: 1, kind: 'tool_result', id: 'c1', failed: true, text: '' }])
})
