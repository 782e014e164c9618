import { expect, test } from 'vitest'
import { ANEW, entriesOf, framesOf, snapshotOf } from '../../../../test/support/run/dialect.ts'
import { createOutline, foldOutline } from '../event/outline.ts'
import type { EndEvent, Entry } from '../event/run-event.ts'
import { chunk } from './chunk.ts'

const COMPLETED = { status: 'completed' } as const

function chunksOf(entries: readonly Entry[]): unknown[] {
  return framesOf(chunk, entries).flat().map(({ data }) => JSON.parse(data as string) as unknown)
}

function documentOf(entries: readonly Entry[]): { readonly status: number; readonly body: unknown } {
  const { status, body } = chunk.document!({ run: 'RUN', kind: 'answer' }, snapshotOf(entries))
  return { status, body: JSON.parse(JSON.stringify(body)) }
}

const START = { isComplete: false, metadata: { type: 'start', run: 'RUN', kind: 'answer' } }

test('words are content, sources come with the last chunk, and all else is metadata', () => {
  expect(chunksOf(entriesOf([
    { type: 'source', title: 'A doc', url: '/a', relevance: 0.5, excerpt: 'because' }, { type: 'status', status: 'thinking' }, 'Be', 'cause.',
    { type: 'source', title: 'Another' }, { type: 'usage', usage: { output: 2 } }, { type: 'mine', n: 1 }, new Uint8Array([1]),
  ], { ...COMPLETED, result: { ok: true } }))).toEqual([
    START,
    { isComplete: false, metadata: { type: 'status', status: 'thinking' } },
    { content: 'Be', isComplete: false },
    { content: 'cause.', isComplete: false },
    { isComplete: false, metadata: { type: 'usage', usage: { output: 2 } } },
    { isComplete: false, metadata: { type: 'mine', n: 1 } },
    {
      sources: [{ title: 'A doc', url: '/a', relevanceScore: 0.5, contentExcerpt: 'because' }, { title: 'Another' }],
      isComplete: true, metadata: { type: 'end', status: 'completed', result: { ok: true }, usage: { output: 2 } },
    },
  ])
})

test('other blocks than text are metadata, piece by piece', () => {
  expect(chunksOf(entriesOf([{ type: 'block_start', kind: 'tool_call', id: 'call_1', name: 'find' }, { type: 'delta', text: '{}' }])).slice(1, 3)).toEqual([
    { isComplete: false, metadata: { type: 'block_start', block: 0, kind: 'tool_call', nth: 0, id: 'call_1', name: 'find' } },
    { isComplete: false, metadata: { type: 'delta', block: 0, kind: 'tool_call', nth: 0, text: '{}' } },
  ])
})

test.each<[string, Omit<EndEvent, 'type'>, object]>([
  ['failed', { status: 'failed', error: { code: 'no_model', message: 'No.' } }, { code: 'no_model', message: 'No.' }],
  ['failed without a reason', { status: 'failed' }, { code: 'internal', message: 'The run failed.' }],
  ['cancelled', { status: 'cancelled' }, { code: 'cancelled', message: 'The run was cancelled.' }],
])('a run that %s is an error and never complete, streamed or whole', (_how, end, error) => {
  const entries = entriesOf(['so far', { type: 'source', title: 'A doc' }], end)
  expect(chunksOf(entries).at(-1)).toEqual({ sources: [{ title: 'A doc' }], error, isComplete: false, metadata: { type: 'end', status: end.status } })
  expect(documentOf(entries)).toEqual({
    status: 500, body: { messageContent: 'so far', sources: [{ title: 'A doc' }], error, isComplete: false, metadata: { type: 'end', status: end.status } },
  })
})

test('a run that began anew says so, and its sources are those of the last attempt', () => {
  const entries = entriesOf([{ type: 'source', title: 'Void' }, 'Void.', ANEW, 'The answer.', { type: 'source', title: 'A doc' }])
  expect(chunksOf(entries).slice(2, 4)).toMatchObject([{ error: { code: 'attempt' }, isComplete: false, metadata: { type: 'attempt', n: 2 } }, START])
  expect(chunksOf(entries).at(-1)).toMatchObject({ sources: [{ title: 'A doc' }], isComplete: true })
  expect(documentOf(entries)).toMatchObject({ status: 200, body: { messageContent: 'The answer.', sources: [{ title: 'A doc' }], isComplete: true } })
})

test('who joins is told which run it is', () => {
  const outline = createOutline(chunk.keeping)
  for (const entry of entriesOf(['a']).slice(0, 3)) foldOutline(outline, entry)
  expect(chunk.join!(outline).map(({ data }) => JSON.parse(data as string) as unknown)).toEqual([START])
})
