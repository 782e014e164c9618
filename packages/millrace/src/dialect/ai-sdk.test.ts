import { asSchema, parseJsonEventStream, readUIMessageStream, uiMessageChunkSchema, type UIMessage, type UIMessageChunk } from 'ai'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { hostileText } from '../../../../test/support/hostile-text.ts'
import { spoken } from '../../../../test/support/run/spoken.ts'
import { createOutline, foldOutline } from '../event/outline.ts'
import type { EndEvent, Entry, Json } from '../event/run-event.ts'
import { SnapshotFold, type Snapshot } from '../event/snapshot.ts'
import { Composer } from '../run/composer.ts'
import type { Said } from '../run/said.ts'
import { aiSdk } from './ai-sdk.ts'

type Step = Said | { readonly anew: number }
type End = Omit<EndEvent, 'type'>

const COMPLETED: End = { status: 'completed' }
const CALL: readonly Step[] = [{ type: 'block_start', kind: 'tool_call', id: 'c1', name: 'find' }, { type: 'delta', text: '{"q":' }, { type: 'delta', text: '"mill"}' }, { type: 'block_end' }]
const resultOf = (text: string, id = 'c1', failed = false): readonly Step[] => [
  { type: 'block_start', kind: 'tool_result', id, ...(failed ? { failed: true as const } : {}) }, { type: 'delta', text }, { type: 'block_end' },
]

/** The entries of a run that said this. */
function entriesOf(said: readonly Step[], end: End, message?: string): Entry[] {
  const composer = new Composer()
  const lines = said.flatMap((one) => (typeof one === 'object' && 'anew' in one ? [composer.attempt(Number(one.anew))] : spoken(composer, one)))
  const events = [JSON.stringify({ type: 'start', run: 'RUN', kind: 'answer', message }), ...lines, composer.end(end)]
  return events.map((json, index) => ({ ...(JSON.parse(json) as Entry), offset: index + 1 }))
}

function chunksOf(entries: readonly Entry[]): UIMessageChunk[] {
  const outline = createOutline(aiSdk.keeping)
  return entries.flatMap((entry) => {
    const frames = aiSdk.step!(outline, entry)
    foldOutline(outline, entry)
    expect(entry.type === 'delta' ? frames.length : 0).toBeLessThanOrEqual(1)
    return frames.map(({ event, data }) => {
      expect(event).toBeNull()
      return JSON.parse(data as string) as UIMessageChunk
    })
  })
}

const said = (steps: readonly Step[], end: End = COMPLETED, message?: string): UIMessageChunk[] => chunksOf(entriesOf(steps, end, message))

/** What comes between the frames of every completed run. */
const within = (steps: readonly Step[]): UIMessageChunk[] => said(steps).slice(2, -2)

interface Read {
  readonly message: UIMessage | null
  readonly errors: readonly unknown[]
}

/** What the vendor's own reader makes of it. */
async function read(chunks: readonly UIMessageChunk[], message?: UIMessage): Promise<Read> {
  const errors: unknown[] = []
  const stream = new ReadableStream<UIMessageChunk>({
    start(controller) {
      for (const chunk of chunks) controller.enqueue(chunk)
      controller.close()
    },
  })
  let last: UIMessage | null = null
  const states = readUIMessageStream({ stream, onError: (error) => errors.push(error), ...(message && { message }) })
  for await (const state of states) last = state
  return { message: last, errors }
}

function textOf(message: UIMessage | null): string {
  return (message?.parts ?? []).map((part) => (part.type === 'text' ? part.text : '')).join('')
}

function snapshotOf(entries: readonly Entry[]): Snapshot {
  const fold = new SnapshotFold()
  for (const entry of entries) fold.add(entry)
  return fold.value()
}

test('text and reasoning are parts with ids of their own', () => {
  expect(said([{ type: 'delta', kind: 'reasoning', text: 'Hm.' }, 'Be', 'cause'])).toEqual([
    { type: 'start', messageId: 'RUN' }, { type: 'start-step' },
    { type: 'reasoning-start', id: '1-0' }, { type: 'reasoning-delta', id: '1-0', delta: 'Hm.' }, { type: 'reasoning-end', id: '1-0' },
    { type: 'text-start', id: '1-1' }, { type: 'text-delta', id: '1-1', delta: 'Be' }, { type: 'text-delta', id: '1-1', delta: 'cause' }, { type: 'text-end', id: '1-1' },
    { type: 'finish-step' }, { type: 'finish', finishReason: 'stop' },
  ])
})

test('a message that another run began goes on under its own id', () => {
  expect(said([], COMPLETED, 'msg-1')[0]).toEqual({ type: 'start', messageId: 'msg-1' })
})

test('a tool’s input comes as it is said and then whole, its output as JSON or as text, and what follows is a new step', () => {
  expect(within([...CALL, ...resultOf('{"hits":1}'), ...resultOf('plain'), 'So'])).toEqual([
    { type: 'tool-input-start', toolCallId: 'c1', toolName: 'find' },
    { type: 'tool-input-delta', toolCallId: 'c1', inputTextDelta: '{"q":' },
    { type: 'tool-input-delta', toolCallId: 'c1', inputTextDelta: '"mill"}' },
    { type: 'tool-input-available', toolCallId: 'c1', toolName: 'find', input: { q: 'mill' } },
    { type: 'tool-output-available', toolCallId: 'c1', output: { hits: 1 } },
    { type: 'tool-output-available', toolCallId: 'c1', output: 'plain' },
    { type: 'finish-step' }, { type: 'start-step' },
    { type: 'text-start', id: '1-3' }, { type: 'text-delta', id: '1-3', delta: 'So' }, { type: 'text-end', id: '1-3' },
  ])
})

test('a block of the application’s own, too, begins a new step after a result', () => {
  expect(within([...CALL, ...resultOf('1'), { type: 'delta', kind: 'mine', text: 'x' }, 'So']).filter(({ type }) => type === 'start-step')).toHaveLength(1)
})

test.each([['', { type: 'tool-input-available', input: {} }], ['{"q":', { type: 'tool-input-error', input: '{"q":' }], ['7', { type: 'tool-input-available', input: 7 }]])(
  'an input of %j', (text, expected) => {
    const call: Step[] = [{ type: 'block_start', kind: 'tool_call', id: 'c1' }, { type: 'delta', kind: 'tool_call', text }, { type: 'block_end' }]
    expect(within(call).at(-1)).toMatchObject(expected)
  })

const PROTO = '{"a":[{"__proto__":{"b":1}}]}'
const CONSTRUCTOR = '{"constructor":{"prototype":1}}'

test.each([PROTO, CONSTRUCTOR])('its client refuses any chunk with %s in it: of a tool it is text, of anybody else it is left out', async (json) => {
  const own = JSON.parse(json) as Json
  const call = (id: string): Step[] => [{ type: 'block_start', kind: 'tool_call', id, name: 'find' }, { type: 'delta', text: json }, { type: 'block_end' }]
  const chunks = within([...call('c1'), ...resultOf(json), { type: 'mine', own, fine: [1] }, { type: 'answer', id: 'a', data: own }])
  expect(chunks.slice(2)).toMatchObject([
    { type: 'tool-input-error', input: json }, { type: 'tool-output-available', output: json },
    { type: 'data-mine', data: { own: json === PROTO ? { a: [{}] } : {}, fine: [1] } }, { type: 'data-answer', id: 'a' },
  ])
  const body = new Response(chunks.map((chunk) => `data: ${JSON.stringify(chunk)}\n\n`).join('')).body!
  for await (const parsed of parseJsonEventStream({ stream: body, schema: uiMessageChunkSchema })) expect(parsed.success).toBe(true)
})

test('what is nested too deep to be written again cuts no stream', () => {
  const deep = '['.repeat(20_000) + ']'.repeat(20_000)
  const steps: Step[] = [...CALL.slice(0, 1), { type: 'delta', text: deep }, { type: 'block_end' }, ...resultOf(deep)]
  expect(within(steps).slice(2)).toMatchObject([{ type: 'tool-input-error', input: deep }, { type: 'tool-output-available', output: deep }])
})

test('a tool that failed says how', () => {
  expect(within([...CALL, ...resultOf('No net.', 'c1', true)]).at(-1)).toEqual({ type: 'tool-output-error', toolCallId: 'c1', errorText: 'No net.' })
})

test('a result of a call that was never made is not said, except in a message that goes on', () => {
  expect(within(resultOf('1'))).toEqual([])
  expect(within([...CALL, { anew: 2 }, ...resultOf('1')]).slice(-3)).toEqual([{ type: 'reset-step' }, { type: 'start', messageId: 'RUN' }, { type: 'start-step' }])
  expect(said(resultOf('1'), COMPLETED, 'msg-1')).toContainEqual({ type: 'tool-output-available', toolCallId: 'c1', output: 1 })
})

const ASK: Step = { type: 'ask', id: 'a1', signal: 'approval', call: 'c1', message: 'Really?' }

test('the approval of a call is asked for and answered at that call', () => {
  expect(within([...CALL, ASK, { type: 'answer', id: 'a1', approved: true }]).slice(-2)).toEqual([
    { type: 'tool-approval-request', approvalId: 'a1', toolCallId: 'c1', reason: 'Really?' }, { type: 'tool-approval-response', approvalId: 'a1', approved: true },
  ])
  expect(within([...CALL, ASK, { type: 'answer', id: 'a1', approved: false, message: 'No.' }]).slice(-2)).toEqual([
    { type: 'tool-approval-response', approvalId: 'a1', approved: false, reason: 'No.' }, { type: 'tool-output-denied', toolCallId: 'c1' },
  ])
})

test('all else that is asked and answered are parts of their own', () => {
  expect(within([ASK, { type: 'ask', id: 'a2', signal: 'input' }, { type: 'answer', id: 'a2', message: 'blue' }])).toEqual([
    { type: 'data-ask', id: 'a1', data: { id: 'a1', signal: 'approval', call: 'c1', message: 'Really?' } },
    { type: 'data-ask', id: 'a2', data: { id: 'a2', signal: 'input' } },
    { type: 'data-answer', id: 'a2', data: { id: 'a2', message: 'blue' } },
  ])
})

test('sources and files have their places, and keep what that vocabulary has no word for', () => {
  expect(within([
    { type: 'source', title: 'A', url: '/a', excerpt: 'x', relevance: 0.5 }, { type: 'source', title: 'B' }, { type: 'file', name: 'a.csv', url: '/f' },
  ])).toEqual([
    { type: 'source-url', sourceId: 'RUN-0', url: '/a', title: 'A', providerMetadata: { millrace: { excerpt: 'x', relevance: 0.5 } } },
    { type: 'source-document', sourceId: 'RUN-1', mediaType: 'text/plain', title: 'B' },
    { type: 'file', url: '/f', mediaType: 'application/octet-stream', providerMetadata: { millrace: { name: 'a.csv' } } },
  ])
})

test('status passes, progress and the application’s own events stay as data, bytes are left out', () => {
  expect(within([
    { type: 'status', status: 'thinking' }, { type: 'progress', item: 'x', status: 'running', done: 1 }, { type: 'weather', id: 'w', sky: 'clear' }, { type: 'note', words: 'hi' },
    { type: 'error', error: { code: 'slow', message: 'It is slow.' } }, { type: 'bytes', base64: 'AA==' },
  ])).toEqual([
    { type: 'data-status', data: { status: 'thinking' }, transient: true },
    { type: 'data-progress', id: 'x', data: { item: 'x', status: 'running', done: 1 } },
    { type: 'data-weather', id: 'w', data: { id: 'w', sky: 'clear' } },
    { type: 'data-note', data: { words: 'hi' } },
    { type: 'data-error', data: { code: 'slow', message: 'It is slow.' } },
  ])
})

test.each([['stop', 'stop'], ['length', 'length'], ['stop_sequence', 'stop'], ['tool_calls', 'tool-calls'], ['content_filter', 'content-filter'], ['pause', 'other'], ['toString', 'other']])(
  'a run that ends by %s finishes by %s', (reason, finishReason) => {
    expect(said([], { status: 'completed', reason }).at(-1)).toEqual({ type: 'finish', finishReason })
  })

test('usage is metadata of the message', () => {
  expect(within([{ type: 'usage', usage: { input: 3 } }])).toEqual([{ type: 'message-metadata', messageMetadata: { usage: { input: 3 } } }])
  expect(said([], { ...COMPLETED, usage: { output: 4 } }).at(-1)).toMatchObject({ messageMetadata: { usage: { output: 4 } } })
})

test('failed and cancelled runs close what was said and leave a cut input alone', () => {
  expect(said(['so'], { status: 'failed', error: { code: 'no_model', message: 'No model.' } }).slice(-2)).toEqual([{ type: 'text-end', id: '1-0' }, { type: 'error', errorText: 'No model.' }])
  expect(said(CALL.slice(0, 2), { status: 'cancelled' }).slice(-3)).toMatchObject([{ type: 'tool-input-delta' }, { type: 'abort' }, { type: 'finish', finishReason: 'interrupted' }])
})

test('a new attempt takes back the one step there was, and is an error after several', async () => {
  const entries = entriesOf(['old ', ...CALL, { anew: 2 }, 'new'], COMPLETED)
  const { message, errors } = await read(chunksOf(entries))
  expect([message?.parts.map(({ type }) => type), textOf(message), errors]).toEqual([['step-start', 'step-start', 'text'], 'new', []])
  expect(within([...CALL, ...resultOf('1'), { anew: 2 }]).slice(-3)).toMatchObject([{ type: 'error' }, { type: 'start' }, { type: 'start-step' }])
})

const ids = fc.constantFrom('c1', 'c2', '__proto__')
const json = fc.oneof(fc.json({ maxDepth: 2 }), hostileText)
const call = fc.tuple(ids, hostileText, json).map(([id, name, text]): Step[] => [{ type: 'block_start', kind: 'tool_call', id, name }, { type: 'delta', kind: 'tool_call', text }])
const result = fc.tuple(ids, json, fc.boolean()).map(([id, text, failed]): Step[] => [
  { type: 'block_start', kind: 'tool_result', id, ...(failed ? { failed: true as const } : {}) }, { type: 'delta', kind: 'tool_result', text },
])
const askId = fc.constantFrom('a1', 'a2')
/** Anything a handler may say, in any order. */
const anything: fc.Arbitrary<Step[]> = fc.oneof(
  { weight: 6, arbitrary: hostileText.map((text): Step[] => [text]) },
  { weight: 2, arbitrary: hostileText.map((text): Step[] => [{ type: 'delta', kind: 'reasoning', text }]) },
  { weight: 1, arbitrary: hostileText.map((text): Step[] => [{ type: 'delta', kind: 'mine', text }]) },
  { weight: 3, arbitrary: call },
  { weight: 3, arbitrary: result },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('ask' as const), id: askId, signal: fc.constantFrom('approval', 'input'), call: ids }).map((ask): Step[] => [ask]) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('answer' as const), id: askId, approved: fc.boolean() }).map((answer): Step[] => [answer]) },
  fc.tuple(hostileText, fc.option(fc.webUrl(), { nil: undefined })).map(([title, url]): Step[] => [{ type: 'source', title, ...(url === undefined ? {} : { url }) }]),
  hostileText.map((name): Step[] => [{ type: 'file', name, url: '/f' }, { type: 'progress', item: name, status: 'running' }, { type: 'status', status: name }]),
  hostileText.map((message): Step[] => [{ type: 'error', error: { code: 'x', message } }, { type: 'usage', usage: { input: 1 } }, { type: 'block_end' }]),
  fc.jsonValue({ maxDepth: 2 }).map((value): Step[] => [{ type: 'of_my_own', id: 'x', value: value as string }]),
)
const ends = fc.constantFrom<End>(COMPLETED, { status: 'failed', error: { code: 'x', message: 'It failed.' } }, { status: 'cancelled' })
const schema = asSchema(uiMessageChunkSchema)

test('whatever a run says, the vendor’s own schema takes every chunk, and its own reader makes the text of it', async () => {
  await fc.assert(fc.asyncProperty(fc.array(anything, { maxLength: 30 }), ends, async (steps, end) => {
    const entries = entriesOf(steps.flat(), end)
    const chunks = chunksOf(entries)
    for (const chunk of chunks) expect(await schema.validate!(chunk)).toMatchObject({ success: true })
    const { message, errors } = await read(chunks)
    expect(errors.map(String)).toEqual(end.status === 'failed' ? ['Error: It failed.'] : [])
    expect(textOf(message)).toBe(snapshotOf(entries).text)
    const parts = chunks.flatMap((chunk) => (chunk.type === 'text-start' || chunk.type === 'reasoning-start' ? [chunk.id] : []))
    expect(new Set(parts).size).toBe(parts.length)
  }), { numRuns: 150 })
})

test('a run that began anew in its first step, and again, is read to the newest attempt', async () => {
  const spokenOnly = fc.oneof(hostileText.map((text): Step => text), hostileText.map((text): Step => ({ type: 'delta', kind: 'reasoning', text })), call.map((steps) => steps[0]!))
  await fc.assert(fc.asyncProperty(fc.array(fc.array(spokenOnly, { maxLength: 6 }), { minLength: 1, maxLength: 4 }), async (attempts) => {
    const steps = attempts.flatMap((attempt, at): Step[] => (at === 0 ? attempt : [{ anew: at + 1 }, ...attempt]))
    const entries = entriesOf(steps, COMPLETED)
    const { message, errors } = await read(chunksOf(entries))
    expect(errors).toEqual([])
    expect(textOf(message)).toBe(snapshotOf(entries).text)
  }), { numRuns: 60 })
})
