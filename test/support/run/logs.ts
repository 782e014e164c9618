import fc from 'fast-check'
import type { Batch } from '../../../packages/millrace/src/event/batch.ts'
import { encodeParts, entriesOf } from '../../../packages/millrace/src/event/lines.ts'
import type { Entry } from '../../../packages/millrace/src/event/run-event.ts'
import { Composer } from '../../../packages/millrace/src/run/composer.ts'
import type { Said } from '../../../packages/millrace/src/run/said.ts'
import { flushed, spoken } from './spoken.ts'

const encoder = new TextEncoder()

/** Text as models stream it: cut anywhere, also between the halves of a surrogate pair. */
const pieces: fc.Arbitrary<string> = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 8 }),
  fc.constantFrom('\ud83d', '\ude00', '😀', 'é', '\n', '\u2028', '"', '\\', '\u0000', 'word '),
)

const kinds = fc.constantFrom('text', 'reasoning', 'tool_call', 'own', ' ,"text":" ')

/** Anything a handler may say. */
export const said: fc.Arbitrary<Said> = fc.oneof(
  { weight: 8, arbitrary: pieces },
  { weight: 4, arbitrary: fc.record({ type: fc.constant('delta' as const), kind: kinds, text: pieces }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('block_start' as const), kind: kinds, id: fc.string(), name: pieces }) },
  fc.constant({ type: 'block_end' }),
  fc.record({ type: fc.constant('source' as const), title: pieces }),
  fc.record({ type: fc.constant('status' as const), status: pieces }),
  fc.record({ type: fc.constant('progress' as const), item: fc.constantFrom('a', 'b'), status: fc.constantFrom('running' as const, 'completed' as const) }),
  fc.record({ type: fc.constant('usage' as const), usage: fc.record({ input: fc.nat(), output: fc.nat() }) }),
  fc.record({ type: fc.constant('of_my_own'), data: fc.jsonValue() as fc.Arbitrary<string> }),
)

/** The lines a run's log holds after `steps`: from its start, through new attempts, to its end. */
export function logOf(steps: readonly (Said | { readonly attempt: number })[], ended: boolean): string[] {
  const composer = new Composer()
  const lines = [JSON.stringify({ type: 'start', run: 'r', kind: 'answer' })]
  for (const step of steps) {
    if (typeof step === 'object' && 'attempt' in step) lines.push(...flushed(composer), composer.attempt(Number(step.attempt)))
    else lines.push(...spoken(composer, step))
  }
  if (ended) lines.push(...flushed(composer), composer.end({ status: 'completed', usage: { output: 1 } }))
  return lines
}

export const logs: fc.Arbitrary<string[]> = fc
  .tuple(
    fc.array(fc.oneof({ weight: 12, arbitrary: said }, { weight: 1, arbitrary: fc.record({ attempt: fc.integer({ min: 2, max: 9 }) }) }), { maxLength: 40 }),
    fc.boolean(),
  )
  .map(([steps, ended]) => logOf(steps, ended))

/** `lines` as a store holds them: in rows of the given sizes, the epoch changing where `turns` says so. */
export function rowsOf(lines: readonly string[], sizes: readonly number[], turns: readonly boolean[] = []): Batch[] {
  const rows: Batch[] = []
  let epoch = 0xa0000000
  for (let at = 0, row = 0; at < lines.length; row += 1) {
    const count = Math.max(1, sizes[row % sizes.length] ?? 1)
    const part = lines.slice(at, at + count)
    if (turns[row % turns.length] === true) epoch += 1
    rows.push({
      first: at + 1, last: at + part.length, epoch: epoch.toString(16), bytes: encoder.encode(part.join('\n')), parts: null, head: null,
    })
    at += part.length
  }
  return rows
}

/** The same row with adjacent deltas of a block in one line, as a producer writes what is said faster than it is written. */
export function joinedRow(row: Batch): Batch {
  const lines: { event: Entry; lengths: number[] }[] = []
  for (const event of entriesOf(row, 0)) {
    const before = lines.at(-1)
    if (event.type === 'delta' && before?.event.type === 'delta' && before.event.block === event.block) {
      before.event = { ...event, text: before.event.text + event.text, first: before.event.first ?? before.event.offset }
      before.lengths.push(event.text.length)
    } else lines.push({ event, lengths: event.type === 'delta' ? [event.text.length] : [] })
  }
  const json = lines.map(({ event: { offset: _offset, ...event } }) => JSON.stringify(event))
  return { ...row, bytes: encoder.encode(json.join('\n')), parts: encodeParts(lines.map(({ lengths }) => (lengths.length > 1 ? lengths : null))) }
}

/** A log in rows, under one lease or several, some with several entries a line. */
export const rowed: fc.Arbitrary<Batch[]> = fc
  .tuple(
    logs, fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 1, maxLength: 5 }), fc.array(fc.boolean(), { minLength: 1, maxLength: 6 }),
    fc.array(fc.boolean(), { minLength: 1, maxLength: 6 }),
  )
  .map(([lines, sizes, turns, joins]) => rowsOf(lines, sizes, turns).map((row, i) => (joins[i % joins.length] === true ? joinedRow(row) : row)))

export function entriesAfter(batches: readonly Batch[], after: number): Entry[] {
  return batches.filter((batch) => batch.last > after).flatMap((batch) => [...entriesOf(batch, after)])
}
