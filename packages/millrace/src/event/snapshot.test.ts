import { expect, test } from 'vitest'
import fc from 'fast-check'
import { createOutline, foldOutline } from './outline.ts'
import type { Entry, KnownEvent } from './run-event.ts'
import { packSnapshot, SnapshotFold, unpackSnapshot } from './snapshot.ts'

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

test('kept, a snapshot says its text once, and comes back to the byte', () => {
  const { snapshot } = fold([
    start, { type: 'delta', ...text, text: 'an answer, ' }, { type: 'delta', ...text, block: 1, kind: 'reasoning', text: 'a thought' },
    { type: 'delta', ...text, block: 2, text: 'in two parts' }, { type: 'source', title: 'A book' }, { type: 'end', status: 'completed', result: { words: 5 } },
  ])
  const kept = packSnapshot(snapshot)
  expect(kept.split('an answer')).toHaveLength(2)
  expect(JSON.stringify(unpackSnapshot(kept))).toBe(JSON.stringify(snapshot))
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

test('what did not change between two looks is the same object in both', () => {
  const said: KnownEvent[] = [
    start, { type: 'block_start', block: 0, kind: 'reasoning', nth: 0 }, { type: 'delta', block: 0, kind: 'reasoning', nth: 0, text: 'hm' },
    { type: 'source', title: 'a' }, { type: 'progress', item: 'a', status: 'running' }, { type: 'ask', id: 'q', signal: 'input' },
  ]
  const looking = new SnapshotFold()
  for (const [index, event] of said.entries()) looking.add({ ...event, offset: index + 1 })
  const before = looking.value()
  looking.add({ type: 'delta', block: 1, kind: 'text', nth: 0, text: 'So', offset: said.length + 1 })
  const after = looking.value()
  expect(after.blocks[0]).toBe(before.blocks[0])
  expect(after.blocks).not.toBe(before.blocks)
  for (const part of ['sources', 'progress', 'asks'] as const) expect(after[part]).toBe(before[part])
  looking.add({ type: 'source', title: 'b', offset: said.length + 2 })
  expect([looking.value().sources.length, before.sources.length]).toEqual([2, 1])
  expect(looking.value().blocks).toBe(after.blocks)
})

test('looked at after every entry, it says what it says when it is looked at once', () => {
  const event = fc.oneof(
    fc.record({ type: fc.constant('delta' as const), block: fc.nat(2), kind: fc.constant('text'), nth: fc.constant(0), text: fc.string() }),
    fc.record({ type: fc.constant('block_start' as const), block: fc.nat(2), kind: fc.constant('text'), nth: fc.constant(0), name: fc.string() }),
    fc.record({ type: fc.constant('source' as const), title: fc.string() }),
    fc.record({ type: fc.constant('ask' as const), id: fc.constantFrom('a', 'b'), signal: fc.constant('input') }),
    fc.record({ type: fc.constant('answer' as const), id: fc.constantFrom('a', 'b') }),
    fc.record({ type: fc.constant('progress' as const), item: fc.constantFrom('a', 'b'), status: fc.constant('running' as const) }),
    fc.record({ type: fc.constant('attempt' as const), n: fc.constant(2) }),
  )
  fc.assert(fc.property(fc.array(event), (events) => {
    const looked = new SnapshotFold()
    for (const [index, one] of events.entries()) {
      looked.add({ ...one, offset: index + 1 })
      looked.value()
    }
    expect(looked.value()).toEqual(fold(events).snapshot)
  }))
})

test('trimmed, it keeps the newest text whole, and counts what it let go of', () => {
  fc.assert(fc.property(fc.array(fc.string({ unit: 'grapheme', maxLength: 20 })), fc.integer({ min: 1, max: 30 }), (pieces, characters) => {
    const trimmed = new SnapshotFold()
    for (const [index, piece] of pieces.entries()) {
      trimmed.add({ type: 'delta', block: index >> 2, kind: 'text', nth: index >> 2, text: piece, offset: index + 1 })
      trimmed.trim(characters)
      expect(trimmed.value().text.length).toBeLessThanOrEqual(2 * characters)
    }
    const whole = pieces.join('')
    const { text: kept } = trimmed.value()
    expect(kept).toBe(whole.slice(trimmed.dropped))
    expect(kept.length).toBeGreaterThanOrEqual(Math.min(whole.length, characters - 1))
    expect(kept.isWellFormed()).toBe(true)
  }))
})
