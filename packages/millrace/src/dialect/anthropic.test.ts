import { expect, test } from 'vitest'
import { createOutline, foldOutline } from '../event/outline.ts'
import type { Entry, EndEvent } from '../event/run-event.ts'
import type { Snapshot } from '../event/snapshot.ts'
import { SnapshotFold } from '../event/snapshot.ts'
import { Composer } from '../run/composer.ts'
import { spoken } from '../../../../test/support/run/spoken.ts'
import type { Said } from '../run/said.ts'
import { anthropic } from './anthropic.ts'

/** The entries of a run that said this. */
function entriesOf(said: readonly (Said | { readonly anew: number })[], end: Omit<EndEvent, 'type'>): Entry[] {
  const composer = new Composer()
  const lines = said.flatMap((one) => (typeof one === 'object' && 'anew' in one ? [composer.attempt(Number(one.anew))] : spoken(composer, one)))
  const events = ['{"type":"start","run":"RUN","kind":"answer"}', ...lines, composer.end(end)]
  return events.map((json, index) => ({ ...(JSON.parse(json) as Entry), offset: index + 1 }))
}

interface Read {
  readonly type: string
  readonly index?: number
  readonly [field: string]: unknown
}

function framesOf(entries: readonly Entry[]): Read[] {
  const outline = createOutline()
  return entries.flatMap((entry) => {
    const frames = anthropic.step!(outline, entry)
    foldOutline(outline, entry)
    return frames.map(({ event, data }) => {
      const frame = JSON.parse(data as string) as Read
      expect(event).toBe(frame.type)
      return frame
    })
  })
}

function documentOf(entries: readonly Entry[]): { status: number; body: object; headers?: object } {
  const fold = new SnapshotFold()
  for (const entry of entries) fold.add(entry)
  return anthropic.document!({ run: 'RUN', kind: 'answer' }, fold.value())
}

const COMPLETED = { status: 'completed' } as const

test('blocks of other kinds are left out and not counted', () => {
  const frames = framesOf(entriesOf(['a', { type: 'delta', kind: 'tool_result', text: 'x' }, { type: 'delta', kind: 'mine', text: 'y' }, 'b'], COMPLETED))
  expect(frames.map(({ type, index }) => [type, index])).toEqual([
    ['message_start', undefined], ['content_block_start', 0], ['content_block_delta', 0], ['content_block_stop', 0],
    ['content_block_start', 1], ['content_block_delta', 1], ['content_block_stop', 1], ['message_delta', undefined], ['message_stop', undefined],
  ])
})

test('a source outside a text block is not said in the stream', () => {
  const frames = framesOf(entriesOf([{ type: 'source', title: 'early' }, 'a', { type: 'source', title: 'cited' }, { type: 'block_end' }, { type: 'source', title: 'late' }], COMPLETED))
  const cited = frames.filter(({ delta }) => (delta as { type?: string } | undefined)?.type === 'citations_delta')
  expect(cited).toMatchObject([{ index: 0, delta: { citation: { title: 'cited', search_result_index: 1 } } }])
})

test.each<[string, readonly Said[], string | undefined, string]>([
  ['an end without a reason', ['a'], undefined, 'end_turn'],
  ['a reason that every dialect knows', ['a'], 'length', 'max_tokens'],
  ['a reason of the application’s own', ['a'], 'bored', 'end_turn'],
  ['an open tool call', ['a', { type: 'delta', kind: 'tool_call', text: '{}' }], undefined, 'tool_use'],
  ['a closed tool call', ['a', { type: 'delta', kind: 'tool_call', text: '{}' }, { type: 'block_end' }], undefined, 'tool_use'],
  ['a tool call that has its result', [{ type: 'delta', kind: 'tool_call', text: '{}' }, { type: 'delta', kind: 'tool_result', text: 'x' }], undefined, 'end_turn'],
])('%s stops alike in a stream and in a document', (_what, said, reason, stop) => {
  const entries = entriesOf(said, { ...COMPLETED, ...(reason === undefined ? {} : { reason }) })
  expect(framesOf(entries).at(-2)).toMatchObject({ type: 'message_delta', delta: { stop_reason: stop } })
  expect(documentOf(entries)).toMatchObject({ status: 200, body: { stop_reason: stop } })
})

test('usage is the end’s own, else the last that was counted', () => {
  const counted: Said = { type: 'usage', usage: { input: 1, output: 2 } }
  for (const [end, usage] of [[{}, { input_tokens: 1, output_tokens: 2 }], [{ usage: { input: 3, output: 4 } }, { input_tokens: 3, output_tokens: 4 }]] as const) {
    const entries = entriesOf([counted, 'a'], { ...COMPLETED, ...end })
    expect(framesOf(entries).at(-2)).toMatchObject({ usage })
    expect(documentOf(entries)).toMatchObject({ body: { usage } })
  }
})

test('failed and cancelled runs end in an error, and so does a new attempt', () => {
  const error = { code: 'no_model', message: 'The model is not there.' }
  expect(framesOf(entriesOf(['a'], { status: 'failed', error })).at(-1)).toEqual({ type: 'error', error: { type: 'api_error', ...error } })
  expect(framesOf(entriesOf(['a'], { status: 'failed' })).at(-1)).toMatchObject({ type: 'error', error: { code: 'internal' } })
  expect(framesOf(entriesOf(['a'], { status: 'cancelled' })).at(-1)).toMatchObject({ type: 'error', error: { code: 'cancelled' } })
  expect(framesOf(entriesOf(['a', { anew: 2 }], COMPLETED)).slice(3, 5)).toMatchObject([{ type: 'error', error: { code: 'attempt' } }, { type: 'message_start' }])
  expect(documentOf(entriesOf([], { status: 'cancelled' }))).toMatchObject({ status: 500, headers: { 'x-should-retry': 'false' }, body: { type: 'error' } })
})

test.each(['{"cut', '['.repeat(20_000) + ']'.repeat(20_000)])('a tool’s input that is no JSON, or too deep to be written again, is an empty one in a document', (text) => {
  const { body } = documentOf(entriesOf([{ type: 'delta', kind: 'tool_call', text }], COMPLETED))
  expect(body).toMatchObject({ content: [{ type: 'tool_use', id: 'toolu_0', name: 'tool', input: {} }] satisfies object[] })
})

test('a snapshot without an end says that it failed, not that it is complete', () => {
  const { status } = anthropic.document!({ run: 'RUN', kind: 'answer' }, new SnapshotFold().value('running') satisfies Snapshot)
  expect(status).toBe(500)
})

test.each([
  [400, 'invalid_request_error'], [401, 'authentication_error'], [403, 'permission_error'], [404, 'not_found_error'], [413, 'request_too_large'],
  [422, 'invalid_request_error'], [429, 'rate_limit_error'], [500, 'api_error'], [503, 'overloaded_error'],
])('a refusal with %i is of the type %s', (status, type) => {
  expect(anthropic.refusal?.({ status, code: 'why', message: 'Because.' })).toEqual({ type: 'error', error: { type, code: 'why', message: 'Because.' } })
})
