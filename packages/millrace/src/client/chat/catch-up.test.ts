import fc from 'fast-check'
import { expect, test } from 'vitest'
import { logOf, said } from '../../../../../test/support/run/logs.ts'
import type { Entry } from '../../event/run-event.ts'
import { SnapshotFold, type Snapshot } from '../../event/snapshot.ts'
import type { SnapshotReply } from '../../protocol/wire.ts'
import { catchUp } from './catch-up.ts'
import { Given } from './given.ts'

/** What runs say, with attempts that grow as a store counts them, and questions. */
const logs: fc.Arbitrary<readonly Entry[]> = fc
  .array(fc.oneof(
    { weight: 12, arbitrary: said },
    { weight: 1, arbitrary: fc.constant('anew' as const) },
    { weight: 1, arbitrary: fc.record({ type: fc.constant('ask' as const), id: fc.constantFrom('a', 'b'), signal: fc.constant('approval') }) },
    { weight: 1, arbitrary: fc.record({ type: fc.constant('answer' as const), id: fc.constantFrom('a', 'b') }) },
  ), { maxLength: 40 })
  .map((steps) => {
    let attempt = 1
    const lines = logOf(steps.map((step) => (step === 'anew' ? { attempt: (attempt += 1) } : step)), true)
    return lines.map((line, index) => ({ ...(JSON.parse(line) as Entry), offset: index + 1 }))
  })

/** How far a reader comes, by the stream or by a poll, again and again. */
const ways = fc.array(fc.record({ by: fc.constantFrom('stream', 'poll'), entries: fc.nat(8) }), { minLength: 1, maxLength: 12 })

function snapshotAt(log: readonly Entry[], offset: number): SnapshotReply {
  const fold = new SnapshotFold()
  for (const entry of log.slice(0, offset)) fold.add(entry)
  const run = { id: 'r', kind: 'answer', tail: offset, title: '', createdAt: 0, endedAt: null, input: null, cursor: `0123abcd-${offset}` }
  return JSON.parse(JSON.stringify({ ...run, ...fold.value() })) as SnapshotReply
}

/** A reader who switches between the two where `way` says, and reads to the end. */
function read(log: readonly Entry[], way: readonly { readonly by: string; readonly entries: number }[]): { snapshot: Snapshot; text: string[] } {
  const given = new Given()
  const fold = new SnapshotFold()
  const text: string[] = []
  let at = 0
  let before: SnapshotReply | null = null
  const last = way.at(-1)!
  for (const { by, entries } of [...way, { ...last, entries: log.length }]) {
    const to = Math.min(at + entries, log.length)
    if (to === at || to === 0) continue
    const snapshot = snapshotAt(log, to)
    const heard = by === 'stream' ? log.slice(at, to) : catchUp(given, snapshot, before)
    before = by === 'stream' ? null : snapshot
    for (const entry of heard) {
      given.add(entry)
      fold.add(entry)
      if (entry.type === 'attempt') text.length = 0
      if (entry.type === 'delta' && entry.kind === 'text') text.push(entry.text)
    }
    at = to
  }
  return { snapshot: fold.value(), text }
}

test('wherever a reader switches between the stream and polls, it is told the same answer', () => {
  fc.assert(fc.property(logs, ways, (log, way) => {
    const { snapshot, text } = read(log, way)
    const whole = snapshotAt(log, log.length)
    expect(text.join('')).toBe(whole.text)
    const { progress, offset, ...rest } = JSON.parse(JSON.stringify(snapshot)) as Snapshot
    expect(whole).toMatchObject(rest)
    expect(offset).toBe(log.length)
    const byItem = (items: Snapshot['progress']): unknown => Object.fromEntries(items.map((item) => [item.item, item]))
    expect(byItem(progress)).toEqual(byItem(whole.progress))
  }))
})

test('a poll says the start and the end once, and nothing again that did not change', () => {
  const log = [
    { type: 'start', run: 'r', kind: 'answer' }, { type: 'status', status: 'thinking' }, { type: 'usage', usage: { input: 3 } },
    { type: 'progress', item: 'a', status: 'running' }, { type: 'delta', block: 0, kind: 'text', nth: 0, text: 'one ' },
    { type: 'delta', block: 0, kind: 'text', nth: 0, text: 'two' }, { type: 'end', status: 'failed', error: { code: 'no_model', message: 'No.' } },
  ].map((event, index) => ({ ...event, offset: index + 1 })) as readonly Entry[]
  const given = new Given()
  let before: SnapshotReply | null = null
  const told = [5, 6, 7].map((offset) => {
    const snapshot = snapshotAt(log, offset)
    const entries = catchUp(given, snapshot, before)
    before = snapshot
    for (const entry of entries) given.add(entry)
    return entries.map(({ type, ...entry }) => [type, 'text' in entry ? entry.text : entry.offset])
  })
  expect(told).toEqual([
    [['start', 5], ['status', 5], ['progress', 5], ['usage', 5], ['block_start', 5], ['delta', 'one ']],
    [['delta', 'two']],
    [['end', 7]],
  ])
})
