import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createOutline, foldOutline } from '../event/outline.ts'
import type { EndEvent, Entry } from '../event/run-event.ts'
import { SnapshotFold, type Snapshot } from '../event/snapshot.ts'
import type { Said } from '../run/said.ts'
import { logOf, logs } from '../../../../test/support/run/logs.ts'
import type { DialectDocument } from './dialect.ts'
import { openai } from './openai.ts'

interface Call {
  readonly index: number
  readonly id?: string
  readonly type?: string
  readonly function: { readonly name?: string; readonly arguments: string }
}

interface Chunk {
  readonly id?: string
  readonly object?: string
  readonly model?: string
  readonly choices?: readonly {
    readonly delta: { readonly role?: string; readonly content?: string; readonly reasoning_content?: string; readonly tool_calls?: readonly Call[]; readonly annotations?: readonly object[] }
    readonly finish_reason: string | null
  }[]
  readonly usage?: object
  readonly error?: object
}

function entriesOf(lines: readonly string[]): Entry[] {
  return lines.map((json, index) => ({ ...(JSON.parse(json) as Entry), offset: index + 1 }))
}

/** The entries of a run that said this, and how it ended. */
function runOf(said: readonly (Said | { readonly attempt: number })[], end: Omit<EndEvent, 'type'> = { status: 'completed' }): Entry[] {
  return entriesOf([...logOf(said, false), JSON.stringify({ type: 'end', ...end })])
}

function chunksOf(entries: readonly Entry[]): Chunk[] {
  const outline = createOutline()
  return entries.flatMap((entry) => {
    const frames = openai.step!(outline, entry)
    foldOutline(outline, entry)
    return frames.map(({ event, data }) => {
      expect(event).toBeNull()
      return JSON.parse(data as string) as Chunk
    })
  })
}

function snapshotOf(entries: readonly Entry[]): Snapshot {
  const fold = new SnapshotFold()
  for (const entry of entries) fold.add(entry)
  return fold.value()
}

function documentOf(entries: readonly Entry[]): DialectDocument {
  return openai.document!({ run: 'r', kind: 'answer' }, snapshotOf(entries))
}

/** What a client has that puts the deltas of the newest attempt together. */
function putTogether(chunks: readonly Chunk[]): { content: string; reasoning: string; calls: string[] } {
  const message = { content: '', reasoning: '', calls: [] as string[] }
  for (const { choices } of chunks.slice(chunks.findLastIndex((chunk) => chunk.choices?.[0]?.delta.role === 'assistant'))) {
    const { content = '', reasoning_content = '', tool_calls = [] } = choices?.[0]?.delta ?? {}
    message.content += content
    message.reasoning += reasoning_content
    for (const call of tool_calls) message.calls[call.index] = (message.calls[call.index] ?? '') + call.function.arguments
  }
  return message
}

test('whatever a run says, its chunks put together say the same, and only the end has a reason', () => {
  fc.assert(fc.property(logs, (lines) => {
    const entries = entriesOf(lines)
    const chunks = chunksOf(entries)
    const { text, blocks, status } = snapshotOf(entries)
    const textsOf = (kind: string): string[] => blocks.filter((block) => block.kind === kind).map((block) => block.text)
    expect(putTogether(chunks)).toEqual({ content: text, reasoning: textsOf('reasoning').join(''), calls: textsOf('tool_call') })
    const finished = chunks.map(({ choices }) => choices?.[0]?.finish_reason ?? null)
    expect(finished.filter((reason) => reason !== null)).toHaveLength(status === 'completed' ? 1 : 0)
    expect(finished.slice(0, -1).every((reason) => reason === null)).toBe(true)
    for (const { id, object, choices, error } of chunks) {
      if (!error) expect({ id, object, choices: choices?.length }).toEqual({ id: 'chatcmpl-r', object: 'chat.completion.chunk', choices: 1 })
    }
  }))
})

test('a call has its number among the calls, its id and its name, or others where it has none', () => {
  const entries = runOf([
    'a', { type: 'block_start', kind: 'tool_call', id: 'call_a', name: 'find' }, { type: 'delta', text: '{}' },
    { type: 'block_start', kind: 'tool_result', id: 'call_a' }, { type: 'delta', text: 'found' }, { type: 'delta', kind: 'tool_call', text: '1' },
  ])
  const calls = chunksOf(entries).flatMap(({ choices }) => choices?.[0]?.delta.tool_calls ?? [])
  expect(calls).toEqual([
    { index: 0, id: 'call_a', type: 'function', function: { name: 'find', arguments: '' } }, { index: 0, function: { arguments: '{}' } },
    { index: 1, id: 'call_r_3', type: 'function', function: { name: 'tool', arguments: '' } }, { index: 1, function: { arguments: '1' } },
  ])
  expect(documentOf(entries).body).toMatchObject({ choices: [{ message: { content: 'a', tool_calls: [
    { id: 'call_a', function: { name: 'find', arguments: '{}' } }, { id: 'call_r_3', function: { name: 'tool', arguments: '1' } },
  ] } }] })
})

test('calls beyond those that the client takes are left out', () => {
  const entries = runOf(Array.from({ length: 130 }, (): Said => ({ type: 'block_start', kind: 'tool_call' })))
  expect(chunksOf(entries).flatMap(({ choices }) => choices?.[0]?.delta.tool_calls ?? [])).toHaveLength(128)
  const { choices } = documentOf(entries).body as { choices: [{ message: { tool_calls: unknown[] } }] }
  expect(choices[0].message.tool_calls).toHaveLength(128)
})

test.each<[string, readonly Said[], string | undefined, string]>([
  ['an end without a reason', ['a'], undefined, 'stop'],
  ['a reason that every dialect knows', ['a'], 'length', 'length'],
  ['a reason of the application’s own', ['a'], 'bored', 'stop'],
  ['a reason with the name of a property', ['a'], 'toString', 'stop'],
  ['a stop sequence', ['a'], 'stop_sequence', 'stop'],
  ['a pause', ['a'], 'pause', 'stop'],
  ['a tool call at the end', ['a', { type: 'delta', kind: 'tool_call', text: '{}' }, { type: 'block_end' }], undefined, 'tool_calls'],
  ['a tool call that has its result', [{ type: 'delta', kind: 'tool_call', text: '{}' }, { type: 'delta', kind: 'tool_result', text: 'x' }], undefined, 'stop'],
])('%s finishes alike in a stream and in a document', (_what, said, reason, finish) => {
  const entries = runOf(said, { status: 'completed', ...(reason === undefined ? {} : { reason }) })
  expect(chunksOf(entries).at(-1)).toMatchObject({ choices: [{ finish_reason: finish }] })
  expect(documentOf(entries)).toMatchObject({ status: 200, body: { choices: [{ finish_reason: finish }] } })
})

test('usage stands with the end, and is not made up', () => {
  const counted: Said = { type: 'usage', usage: { input: 1, output: 2 } }
  const usage = { prompt_tokens: 1, completion_tokens: 2, total_tokens: 3 }
  expect(chunksOf(runOf([counted, 'a'])).at(-1)).toMatchObject({ usage })
  expect(documentOf(runOf([counted, 'a'])).body).toMatchObject({ usage })
  expect(chunksOf(runOf(['a'])).at(-1)).not.toHaveProperty('usage')
  expect(documentOf(runOf(['a'])).body).not.toHaveProperty('usage')
})

test('sources are annotations, one each', () => {
  const entries = runOf([{ type: 'source', title: 'One', url: '/1' }, 'a', { type: 'source', title: 'Two' }])
  const annotation = (title: string, url: string): object => ({ type: 'url_citation', url_citation: { title, url, start_index: 0, end_index: 0 } })
  const both = [annotation('One', '/1'), annotation('Two', '')]
  expect(chunksOf(entries).flatMap(({ choices }) => choices?.[0]?.delta.annotations ?? [])).toEqual(both)
  expect(documentOf(entries).body).toMatchObject({ choices: [{ message: { annotations: both } }] })
})

test('failed and cancelled runs end in an error', () => {
  const error = { code: 'no_model', message: 'The model is not there.' }
  const told = { error: { ...error, type: 'server_error', param: null } }
  expect(chunksOf(runOf(['a'], { status: 'failed', error })).at(-1)).toEqual(told)
  expect(chunksOf(runOf(['a'], { status: 'failed' })).at(-1)).toMatchObject({ error: { code: 'internal' } })
  expect(chunksOf(runOf(['a'], { status: 'cancelled' })).at(-1)).toMatchObject({ error: { code: 'cancelled' } })
  expect(documentOf(runOf(['a'], { status: 'failed', error }))).toEqual({ status: 500, headers: { 'x-should-retry': 'false' }, body: told })
  expect(documentOf(runOf([], { status: 'cancelled' }))).toMatchObject({ status: 500, body: { error: { code: 'cancelled' } } })
})

test('a snapshot without an end says that it failed, not that it is complete', () => {
  expect(openai.document!({ run: 'r', kind: 'answer' }, new SnapshotFold().value('running')).status).toBe(500)
})

test('a new attempt is an error to who was given something, and a start to all others', () => {
  const spoken = runOf(['a', { attempt: 2 }, 'b'])
  expect(chunksOf(spoken).slice(2, 4)).toMatchObject([{ error: { code: 'attempt' } }, { choices: [{ delta: { role: 'assistant' } }] }])
  const silent = runOf([{ type: 'status', status: 'busy' }, { attempt: 2 }, 'b'])
  expect(chunksOf(silent).filter(({ error }) => error)).toEqual([])
  const outline = createOutline()
  for (const entry of spoken.slice(0, 3)) foldOutline(outline, entry)
  expect(openai.farewell!(outline)).toBe(1)
  expect(openai.farewell!(createOutline())).toBe(0)
})

test('a refusal has the vendor’s form', () => {
  const refused = (status: number): object => openai.refusal!({ status, code: 'x', message: 'No.' })
  expect(refused(404)).toEqual({ error: { message: 'No.', type: 'invalid_request_error', code: 'x', param: null } })
  expect([refused(429), refused(503)]).toMatchObject([{ error: { type: 'rate_limit_error' } }, { error: { type: 'server_error' } }])
})
