import fc from 'fast-check'
import { expect, test } from 'vitest'
import { typeOf } from '../event/lines.ts'
import { createOutline, foldOutline, type OpenBlock } from '../event/outline.ts'
import type { Entry } from '../event/run-event.ts'
import { Composer } from './composer.ts'
import type { Said } from './said.ts'
import { said } from '../../../../test/support/run/logs.ts'
import { flushed, spoken } from '../../../../test/support/run/spoken.ts'

function entriesOf(lines: readonly string[]): Entry[] {
  return lines.map((line, index) => ({ ...(JSON.parse(line) as Entry), offset: index + 1 }))
}

/** Fails unless blocks are numbered from 0, overall and by kind, and at most one is open and the one that speaks. */
function checkNumbering(entries: readonly Entry[]): void {
  let open: OpenBlock | null = null
  let blocks = 0
  const counts = new Map<string, number>()
  for (const entry of entries) {
    if (entry.type !== 'block_start' && entry.type !== 'delta' && entry.type !== 'block_end') continue
    const { block, kind, nth } = entry
    if (entry.type === 'block_start') {
      expect(open).toBeNull()
      expect({ block, nth }).toEqual({ block: blocks, nth: counts.get(kind) ?? 0 })
      blocks += 1
      counts.set(kind, nth + 1)
      open = { block, kind, nth }
    } else {
      expect({ block, kind, nth }).toEqual(open)
      if (entry.type === 'block_end') open = null
    }
  }
}

const script = fc.array(said, { maxLength: 30 })

test('whatever a handler says, blocks are opened, numbered and closed in order', () => {
  fc.assert(fc.property(script, (events) => {
    const composer = new Composer()
    checkNumbering(entriesOf(events.flatMap((event) => spoken(composer, event))))
  }))
})

test('no text is lost, and none goes to a block of another kind', () => {
  fc.assert(fc.property(fc.array(fc.oneof(fc.string({ unit: 'binary' }), fc.record({ type: fc.constant('delta' as const), kind: fc.constantFrom('text', 'reasoning'), text: fc.string() }))), (events) => {
    const composer = new Composer()
    const entries = entriesOf(events.flatMap((event) => spoken(composer, event)))
    for (const kind of ['text', 'reasoning']) {
      const spoken = events.map((event) => (typeof event === 'string' ? { kind: 'text', text: event } : event)).filter((event) => event.kind === kind)
      const written = entries.flatMap((entry) => (entry.type === 'delta' && entry.kind === kind ? [entry.text] : []))
      expect(written).toEqual(spoken.map((event) => event.text).filter((text) => text !== ''))
    }
  }))
})

test('a successor that takes over the outline goes on as its predecessor would have', () => {
  fc.assert(fc.property(script, script, (before, after) => {
    const [whole, first] = [new Composer(), new Composer()]
    const written = [...before.flatMap((event) => spoken(first, event)), ...flushed(first)]
    const outline = createOutline()
    for (const entry of entriesOf(written)) foldOutline(outline, entry)
    const successor = new Composer(outline)
    expect([...written, ...after.flatMap((event) => spoken(successor, event))]).toEqual([...before.flatMap((event) => spoken(whole, event)), ...flushed(whole), ...after.flatMap((event) => spoken(whole, event))])
  }))
})

test('a question closes the block before it: whoever is asked about a call has it whole', () => {
  const composer = new Composer()
  const call = spoken(composer, { type: 'block_start', kind: 'tool_call', id: 'call_1', name: 'send' }).concat(spoken(composer, { type: 'delta', text: '{}' }))
  const asked = spoken(composer, { id: 'ask_1', type: 'ask', signal: 'approval', call: 'call_1' })
  expect(entriesOf([...call, ...asked]).map(({ type }) => type)).toEqual(['block_start', 'delta', 'block_end', 'ask'])
})

test('a new attempt numbers from 0 again', () => {
  fc.assert(fc.property(script, script, (before, after) => {
    const composer = new Composer()
    for (const event of before) spoken(composer, event)
    flushed(composer)
    expect(JSON.parse(composer.attempt(2))).toEqual({ type: 'attempt', n: 2 })
    const fresh = new Composer()
    expect(after.flatMap((event) => spoken(composer, event))).toEqual(after.flatMap((event) => spoken(fresh, event)))
  }))
})

test('the type of every line can be read without parsing, and no line holds a raw line feed', () => {
  const anyType = fc.record({ type: fc.oneof(fc.string({ unit: 'binary' }), fc.string()), data: fc.string({ unit: 'binary' }) })
  fc.assert(fc.property(fc.array(fc.oneof(said, anyType)), (events) => {
    const composer = new Composer()
    for (const event of events) {
      for (const line of trySaying(composer, event)) {
        expect(line).not.toContain('\n')
        expect(typeOf(new TextEncoder().encode(line))).toBe((JSON.parse(line) as { type: string }).type)
      }
    }
  }))
})

function trySaying(composer: Composer, event: unknown): string[] {
  try {
    return spoken(composer, event as Said)
  } catch (error) {
    expect(error).toMatchObject({ code: 'invalid_event' })
    return []
  }
}

test('what is no event is refused, or written as an event of the user whose place nobody can take for another', () => {
  const values = fc.anything({ withBigInt: true, withDate: true, withMap: true, withNullPrototype: true, withSparseArray: true, withSet: true, withTypedArray: true, withObjectString: true })
  const known = fc.constantFrom('delta', 'block_start', 'block_end', 'source', 'file', 'status', 'progress', 'usage', 'bytes', 'error', 'start', 'attempt', 'end', 'own', '__proto__', 'constructor')
  const fields = fc.constantFrom('text', 'kind', 'id', 'title', 'name', 'status', 'usage', 'error', 'item', 'done', 'offset', 'first', 'cursor', 'toJSON', '__proto__')
  const hostile = fc.oneof(values, fc.tuple(known, fc.dictionary(fields, values)).map(([type, rest]) => ({ type, ...rest })))
  fc.assert(fc.property(hostile, (event) => {
    fc.pre(typeof event !== 'string')
    for (const line of trySaying(new Composer(), event)) {
      const entry = JSON.parse(line) as Record<string, unknown>
      expect(['start', 'attempt', 'end']).not.toContain(entry['type'])
      expect(Object.keys(entry)).not.toContain('offset')
      expect(Object.keys(entry)).not.toContain('first')
    }
    expect(Object.hasOwn(Object.prototype, 'polluted')).toBe(false)
  }), { numRuns: 1000 })
})

const cycle: Record<string, unknown> = { type: 'own' }
cycle['self'] = cycle
let deep: unknown = 1
for (let level = 0; level < 100_000; level += 1) deep = [deep]
let asked = 0

test.each<[string, unknown]>([
  ['nothing', undefined], ['null', null], ['a number', 7], ['a list', []], ['a function', () => 1], ['no type', { text: 'x' }], ['an empty type', { type: '' }],
  ['a BigInt', { type: 'own', n: 1n }], ['a cycle', cycle], ['more levels than the stack has', { type: 'own', deep }],
  ['an offset', { type: 'own', offset: 3 }], ['a first', { type: 'own', first: undefined }], ['an end', { type: 'end', status: 'completed' }],
  ['a toJSON of its own', { type: 'own', toJSON: () => ({ type: 'own', first: 1 }) }],
  ['a type JSON must escape', { type: 'a"b' }], ['a lone surrogate as type', { type: '\ud800' }],
  ['a delta without text', { type: 'delta', text: 5 }], ['a kind that is no text', { type: 'delta', kind: 5, text: 'x' }],
  ['an id that is no text', { type: 'block_start', kind: 'text', id: 1n }], ['a count that is no number', { type: 'progress', item: 'a', status: 'running', done: Number.NaN }],
  ['an error without a code', { type: 'error', error: {} }], ['usage as a list', { type: 'usage', usage: [] }], ['usage in words', { type: 'usage', usage: { input: 'much' } }],
])('refuses %s', (_what, event) => {
  const composer = new Composer()
  expect(() => spoken(composer, event as Said)).toThrow(expect.objectContaining({ code: 'invalid_event' }))
  expect(spoken(composer, 'on')).toHaveLength(2)
})

test('an event that changes while it is looked at is written as it was checked', () => {
  const shifty = { get type(): string { return asked++ === 0 ? 'own' : 'end' } }
  expect(spoken(new Composer(), shifty as Said)).toEqual(['{"type":"own"}'])
})

test('an own `__proto__` is data like any other', () => {
  const event = JSON.parse('{"type":"own","__proto__":{"polluted":true}}') as Said
  expect(spoken(new Composer(), event)).toEqual(['{"type":"own","__proto__":{"polluted":true}}'])
})

test('a reason is no entry but the end’s, and only of work that was completed', () => {
  const ends = (['completed', 'cancelled'] as const).map((status) => {
    const composer = new Composer()
    const unused = (): never => expect.fail('nothing is written')
    composer.say({ type: 'finish', reason: 'length' }, { append: unused, appendDelta: unused })
    return JSON.parse(composer.end({ status })) as unknown
  })
  expect(ends).toEqual([{ type: 'end', status: 'completed', reason: 'length' }, { type: 'end', status: 'cancelled' }])
})

test('the halves of a character that stand in two pieces are said together', () => {
  const composer = new Composer()
  const lines = ['a\ud83d', '\ude00b', '\ud83d'].flatMap((piece) => spoken(composer, piece))
  const texts = (json: readonly string[]): unknown[] => json.map((line) => (JSON.parse(line) as { text?: string }).text).filter((text) => text !== undefined)
  expect(texts(lines)).toEqual(['a', '😀b'])
  expect(texts(spoken(composer, { type: 'block_end' }))).toEqual(['\ud83d'])
})

test('half a character that was said before a new attempt is no part of it', () => {
  const composer = new Composer()
  const before = spoken(composer, 'a\ud83d')
  const lines = [...before, composer.attempt(2), ...spoken(composer, { type: 'block_start', kind: 'tool_call', id: 'c1' }), ...spoken(composer, { type: 'block_end' })]
  expect(lines.map((line) => (JSON.parse(line) as Entry).type)).toEqual(['block_start', 'delta', 'attempt', 'block_start', 'block_end'])
  expect(spoken(composer, '\ude00b').join('')).toContain('"text":"\\ude00b"')
})
