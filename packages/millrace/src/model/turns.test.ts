import { expect, test } from 'vitest'
import { deltaLine } from '../../../../test/support/run/spoken.ts'
import { createOutline } from '../event/outline.ts'
import type { Entry } from '../event/run-event.ts'
import type { Said } from '../run/said.ts'
import { Composer } from '../run/composer.ts'
import { Turns } from './turns.ts'

const called: Said[] = [
  'Hm.', { type: 'delta', kind: 'reasoning', text: 'quietly' }, { type: 'block_start', kind: 'tool_call', id: 'a', name: 'search' },
  { type: 'delta', kind: 'tool_call', text: '{"q":1}' }, { type: 'block_end' },
]
const answered: Said[] = [
  { type: 'block_start', kind: 'tool_result', id: 'a', name: 'search', failed: true }, { type: 'delta', kind: 'tool_result', text: 'no' }, { type: 'block_end' },
]

/** The same turns, read from the log of what was said. */
async function fromLog(said: readonly Said[]): Promise<Turns> {
  const outline = createOutline()
  const composer = new Composer(outline)
  const lines: Entry[] = []
  const append = (json: string): void => void lines.push(JSON.parse(json) as Entry)
  for (const one of said) composer.say(one, { append, appendDelta: (head, text) => append(deltaLine(head, text)) })
  return Turns.of({ outline, entries: async function* () { yield* await Promise.resolve(lines) } })
}

function live(said: readonly Said[]): Turns {
  const turns = new Turns()
  for (const one of said) turns.add(one)
  return turns
}

const MESSAGES = [
  { role: 'assistant', text: 'Hm.', calls: [{ id: 'a', name: 'search', input: { q: 1 } }] }, { role: 'tool', call: 'a', text: 'no', failed: true },
]

test.each([
  ['nothing', [], { prefix: '', rounds: 0, pending: [], messages: [] }],
  ['an answer under way', ['So ', 'far'], { prefix: 'So far', rounds: 0, pending: [], messages: [] }],
  ['a call', called, { prefix: '', rounds: 1, pending: [{ id: 'a', name: 'search', input: '{"q":1}' }] }],
  ['a call and its result', [...called, ...answered], { prefix: '', rounds: 1, pending: [], messages: MESSAGES }],
  ['an answer after it', [...called, ...answered, 'So'], { prefix: 'So', rounds: 1, pending: [], messages: MESSAGES }],
  ['a second call of the same name and id', [...called, ...answered, ...called], { prefix: '', rounds: 2, pending: [{ id: 'a' }] }],
  ['bytes and other events', [new Uint8Array(1), { type: 'status', status: 'x' }], { prefix: '', rounds: 0, pending: [], messages: [] }],
])('%s is the same from the log as while it is said', async (_, said, expected) => {
  for (const turns of [live(said as Said[]), await fromLog(said as Said[])]) {
    expect({ prefix: turns.prefix, rounds: turns.rounds, pending: turns.pending, messages: turns.messages }).toMatchObject(expected)
  }
})

test('a result that was begun and never said is none; one that was said and not closed is one', async () => {
  expect((await fromLog([...called, ...answered.slice(0, 1)])).pending).toHaveLength(1)
  expect((await fromLog([...called, ...answered.slice(0, 2)])).pending).toHaveLength(0)
})
