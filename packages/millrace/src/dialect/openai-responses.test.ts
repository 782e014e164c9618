import fc from 'fast-check'
import { expect, test } from 'vitest'
import { framesOf, snapshotOf } from '../../../../test/support/run/dialect.ts'
import { logOf, logs } from '../../../../test/support/run/logs.ts'
import type { EndEvent, Entry } from '../event/run-event.ts'
import type { Said } from '../run/said.ts'
import { responseOf } from './openai-response.ts'
import { openaiResponses } from './openai-responses.ts'
import { placeOf } from './openai-sequence.ts'

interface Item {
  readonly id: string
  readonly type: string
  readonly status: string
  readonly call_id?: string
  readonly content?: readonly { readonly text: string; readonly annotations: readonly object[] }[]
  readonly summary?: readonly { readonly text: string }[]
  readonly arguments?: string
  readonly output?: string
}

interface Read {
  readonly type: string
  readonly sequence_number: number
  readonly output_index?: number
  readonly item_id?: string
  readonly item?: Item
  readonly delta?: string
  readonly text?: string
  readonly arguments?: string
  readonly response?: { readonly id: string; readonly status: string; readonly output: readonly Item[] }
  readonly [field: string]: unknown
}

function entriesOf(lines: readonly string[]): Entry[] {
  return lines.map((json, index) => ({ ...(JSON.parse(json) as Entry), offset: index + 1 }))
}

function runOf(said: readonly (Said | { readonly attempt: number })[], end: Omit<EndEvent, 'type'> = { status: 'completed' }): Entry[] {
  return entriesOf([...logOf(said, false), JSON.stringify({ type: 'end', ...end })])
}

function eventsOf(entries: readonly Entry[]): Read[] {
  return framesOf(openaiResponses, entries).flatMap((frames, at) => frames.map(({ event, data }, index) => {
    const read = JSON.parse(data as string) as Read
    expect(event).toBe(read.type)
    expect(placeOf(read.sequence_number)).toEqual({ offset: at + 1, frame: index })
    return read
  }))
}

function textOf({ content, summary, arguments: json, output }: Item): string {
  return content?.[0]?.text ?? summary?.[0]?.text ?? json ?? output ?? ''
}

/** The events of the newest attempt. */
function newest(events: readonly Read[]): readonly Read[] {
  return events.slice(events.findLastIndex(({ type }) => type === 'response.created'))
}

function typesOf(events: readonly Read[]): string[] {
  return events.map(({ type }) => type.replace('response.', ''))
}

/** The kinds that this vendor knows: an application's own are left out. */
const SAID = ['text', 'reasoning', 'tool_call', 'tool_result']

test('whatever a run says, numbers grow, items stand in their order, and every text is said alike in pieces and as a whole', () => {
  fc.assert(fc.property(logs, (lines) => {
    const entries = entriesOf(lines)
    const all = eventsOf(entries)
    for (const [index, { sequence_number: number }] of all.entries()) expect(number).toBeGreaterThan(all[index - 1]?.sequence_number ?? 0)
    const events = newest(all)
    const snapshot = snapshotOf(entries)
    const texts = snapshot.blocks.filter(({ kind }) => SAID.includes(kind)).map(({ text }) => text)
    const added = events.filter(({ type }) => type === 'response.output_item.added')
    expect(added.map((event) => event.output_index)).toEqual(texts.map((_text, index) => index))
    const pieces = added.map(({ item }) => events.filter((event) => event.item_id === item?.id && typeof event.delta === 'string').map((event) => event.delta).join(''))
    expect(pieces).toEqual(texts)
    const done = events.filter(({ type }) => type === 'response.output_item.done')
    expect(done.map(({ item }) => textOf(item!))).toEqual(texts.slice(0, done.length))
    for (const { text, arguments: json, item_id: id } of events) {
      if (text !== undefined || json !== undefined) expect(text ?? json).toBe(texts[added.findIndex(({ item }) => item?.id === id)])
    }
    if (snapshot.status === 'completed') {
      expect(done).toHaveLength(texts.length)
      expect(events.at(-1)?.response).toEqual(responseOf({ run: 'r', kind: 'answer' }, snapshot))
    }
  }))
})

test('each kind of block has the events of its kind of item', () => {
  const events = eventsOf(runOf([
    { type: 'delta', kind: 'reasoning', text: 'hm' }, 'a', { type: 'delta', kind: 'own', text: 'x' },
    { type: 'block_start', kind: 'tool_call', id: 'c', name: 'find' }, { type: 'delta', text: '{}' },
    { type: 'block_start', kind: 'tool_result', id: 'c' }, { type: 'delta', text: 'found' },
  ]))
  expect(typesOf(events)).toEqual([
    'created', 'in_progress',
    'output_item.added', 'reasoning_summary_part.added', 'reasoning_summary_text.delta', 'reasoning_summary_text.done', 'reasoning_summary_part.done', 'output_item.done',
    'output_item.added', 'content_part.added', 'output_text.delta', 'output_text.done', 'content_part.done', 'output_item.done',
    'output_item.added', 'function_call_arguments.delta', 'function_call_arguments.done', 'output_item.done',
    'output_item.added', 'output_item.done', 'completed',
  ])
  expect(events.at(-1)?.response).toMatchObject({ id: 'resp_r', status: 'completed', model: 'millrace/answer', output: [
    { id: 'rs_r_0', type: 'reasoning', summary: [{ text: 'hm' }] }, { id: 'msg_r_1', type: 'message', content: [{ text: 'a' }] },
    { id: 'fc_r_3', type: 'function_call', call_id: 'c', name: 'find', arguments: '{}' }, { id: 'fco_r_4', type: 'function_call_output', call_id: 'c', output: 'found' },
  ] })
})

test('two calls never have one id, though a model says so, and a call without an id has one', () => {
  const call = (id: string): Said => ({ type: 'block_start', kind: 'tool_call', id })
  const { response } = eventsOf(runOf([call('x'), call('x'), call(''), { type: 'block_start', kind: 'tool_result', id: 'x' }])).at(-1)!
  expect(response?.output.map((item) => item.call_id)).toEqual(['x', 'call_r_1', 'call_r_2', 'x'])
})

test('a text begins with the sources known by then, is told of the others, and the last one has all', () => {
  const events = eventsOf(runOf([{ type: 'source', title: 'early', url: '/e' }, 'a', { type: 'source', title: 'amid' }, { type: 'block_end' }, { type: 'source', title: 'late' }]))
  const titles = (annotations: readonly object[] | undefined): unknown => annotations?.map((annotation) => (annotation as { title: string }).title)
  const part = (type: string): { annotations: object[] } => events.find((event) => event.type === type)?.['part'] as { annotations: object[] }
  expect(titles(part('response.content_part.added').annotations)).toEqual(['early'])
  expect(events.find(({ type }) => type === 'response.output_text.annotation.added')).toMatchObject({
    annotation_index: 1, content_index: 0, item_id: 'msg_r_0', annotation: { type: 'url_citation', title: 'amid', url: '' },
  })
  expect(titles(part('response.content_part.done').annotations)).toEqual(['early', 'amid'])
  expect(titles(events.at(-1)?.response?.output[0]?.content?.[0]?.annotations)).toEqual(['early', 'amid', 'late'])
})

test.each<[Omit<EndEvent, 'type'>, string, object]>([
  [{ status: 'completed' }, 'completed', { status: 'completed', error: null, incomplete_details: null, output: [{ status: 'completed' }] }],
  [{ status: 'completed', reason: 'length' }, 'incomplete', { status: 'incomplete', incomplete_details: { reason: 'max_output_tokens' }, output: [{ status: 'incomplete' }] }],
  [{ status: 'completed', reason: 'content_filter' }, 'incomplete', { status: 'incomplete', incomplete_details: { reason: 'content_filter' } }],
  [{ status: 'completed', reason: 'constructor' }, 'completed', { status: 'completed' }],
  [{ status: 'failed', error: { code: 'no_model', message: 'Gone.' } }, 'failed', { status: 'failed', error: { code: 'no_model', message: 'Gone.' }, output: [{ status: 'incomplete' }] }],
  [{ status: 'failed' }, 'failed', { status: 'failed', error: { code: 'internal' } }],
  [{ status: 'cancelled' }, 'failed', { status: 'cancelled', error: { code: 'cancelled' }, output: [{ status: 'incomplete' }] }],
])('%j ends in one event whose response says so', (end, type, response) => {
  const entries = runOf(['a'], end)
  const last = eventsOf(entries).at(-1)
  expect(last).toMatchObject({ type: `response.${type}`, response })
  expect(responseOf({ run: 'r', kind: 'answer' }, snapshotOf(entries))).toEqual(last?.response)
})

test('a document of what did not complete is an error, not half an answer', () => {
  const documentOf = (end: Omit<EndEvent, 'type'>): unknown => openaiResponses.document!({ run: 'r', kind: 'answer' }, snapshotOf(runOf(['a'], end)))
  expect(documentOf({ status: 'completed' })).toMatchObject({ status: 200, body: { status: 'completed', object: 'response' } })
  const error = { code: 'no_model', message: 'Gone.' }
  expect(documentOf({ status: 'failed', error })).toEqual({
    status: 500, headers: { 'x-should-retry': 'false' }, body: { error: { ...error, type: 'server_error', param: null } },
  })
  expect(documentOf({ status: 'cancelled' })).toMatchObject({ status: 500, body: { error: { code: 'cancelled' } } })
})

test('usage is counted where the run did', () => {
  const usage = (said: readonly Said[]): unknown => (eventsOf(runOf(said)).at(-1)?.response as { usage?: unknown }).usage
  expect(usage(['a'])).toBeNull()
  expect(usage([{ type: 'usage', usage: { input: 3, output: 4 } }])).toMatchObject({ input_tokens: 3, output_tokens: 4, total_tokens: 7 })
})

test('a new attempt is an error to who was given something, and a start to all others', () => {
  const events = eventsOf(runOf(['a', { attempt: 2 }, 'b']))
  expect(typesOf(events).slice(5)).toEqual([
    'error', 'created', 'in_progress', 'output_item.added', 'content_part.added', 'output_text.delta', 'output_text.done', 'content_part.done', 'output_item.done', 'completed',
  ])
  expect(events[5]).toMatchObject({ code: 'attempt', param: null })
  expect(events.at(-1)?.response?.output.map(textOf)).toEqual(['b'])
  expect(typesOf(eventsOf(runOf([{ attempt: 2 }, 'b']))).slice(0, 5)).toEqual(['created', 'in_progress', 'created', 'in_progress', 'output_item.added'])
})

test('an end with more open blocks than a run ever has gives no number twice', () => {
  const starts = Array.from({ length: 60 }, (_start, block) => JSON.stringify({ type: 'block_start', block, kind: 'text', nth: block }))
  const events = eventsOf(entriesOf(['{"type":"start","run":"r","kind":"answer"}', ...starts, '{"type":"end","status":"completed"}']))
  expect(new Set(events.map(({ sequence_number: number }) => number)).size).toBe(events.length)
  expect(events.at(-1)).toMatchObject({ type: 'response.completed' })
  expect(events.at(-1)?.response?.output).toHaveLength(60)
  const done = events.filter(({ type }) => type === 'response.output_item.done')
  expect(done.map(({ output_index: place }) => place)).toEqual(done.map((_event, index) => index))
})
