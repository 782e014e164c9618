import { expect, test } from 'vitest'
import { ANEW, entriesOf, snapshotOf } from '../../../../../test/support/run/dialect.ts'
import { MillraceError, PublicError } from '../../event/error.ts'
import type { EndEvent } from '../../event/run-event.ts'
import { Chunks, errorOf, lastOf } from './chunks.ts'

test('words are content, those that arrived together one chunk; sources come last, and all else is metadata', () => {
  const chunks = new Chunks()
  const said = chunks.of(entriesOf([
    { type: 'source', title: 'A doc', url: '/a', relevance: 0.5, excerpt: 'because' }, { type: 'status', status: 'thinking' }, 'Be', 'cause.',
    { type: 'source', title: 'Another' }, { type: 'usage', usage: { output: 2 } }, new Uint8Array([1]),
  ], { status: 'completed', result: { ok: true } }))
  expect(said).toEqual([
    { isComplete: false, metadata: { type: 'start', run: 'RUN', kind: 'answer' } },
    { isComplete: false, metadata: { type: 'status', status: 'thinking' } },
    { content: 'Because.', isComplete: false },
    { isComplete: false, metadata: { type: 'usage', usage: { output: 2 } } },
  ])
  expect(lastOf(chunks.ended!)).toEqual({
    sources: [{ title: 'A doc', url: '/a', relevanceScore: 0.5, contentExcerpt: 'because' }, { title: 'Another' }],
    isComplete: true, metadata: { type: 'end', status: 'completed', result: { ok: true }, usage: { output: 2 } },
  })
})

test('where entries are cut into batches makes no difference to the words', () => {
  const entries = entriesOf(['one ', 'two ', { type: 'delta', kind: 'reasoning', text: 'hm' }, 'three'])
  for (let cut = 0; cut <= entries.length; cut += 1) {
    const chunks = new Chunks()
    const said = [...chunks.of(entries.slice(0, cut)), ...chunks.of(entries.slice(cut))]
    expect(said.map(({ content = '' }) => content).join('')).toBe('one two three')
    expect(said.filter(({ metadata }) => metadata?.type === 'delta')).toHaveLength(1)
  }
})

test('a run that began anew says so, and has the sources of its last attempt', () => {
  const chunks = new Chunks()
  const said = chunks.of(entriesOf([{ type: 'source', title: 'Void' }, 'Void.', ANEW, 'The answer.', { type: 'source', title: 'A doc' }]))
  expect(said.slice(1)).toEqual([
    { content: 'Void.', isComplete: false }, { isComplete: false, metadata: { type: 'attempt', n: 2 } }, { content: 'The answer.', isComplete: false },
  ])
  expect(lastOf(chunks.ended!).sources).toEqual([{ title: 'A doc' }])
})

test.each<[string, Omit<EndEvent, 'type'>, unknown, string]>([
  ['failed', { status: 'failed', error: { code: 'no_model', message: 'No.' } }, PublicError, 'no_model'],
  ['failed without a reason', { status: 'failed' }, PublicError, 'internal'],
  ['was cancelled', { status: 'cancelled' }, MillraceError, 'cancelled'],
])('an answer that %s is an error of its own, and its last chunk is not complete', (_how, end, sort, code) => {
  const entries = entriesOf(['so far', { type: 'source', title: 'A doc' }], end)
  const chunks = new Chunks()
  chunks.of(entries)
  expect(lastOf(chunks.ended!)).toEqual({ sources: [{ title: 'A doc' }], isComplete: false, metadata: { type: 'end', status: end.status } })
  for (const error of [errorOf(chunks.ended!), errorOf(snapshotOf(entries))]) {
    expect(error).toBeInstanceOf(sort)
    expect(error).toMatchObject({ code })
  }
})
