import { HttpAgent, type AssistantMessage, type BaseEvent, type Message } from '@ag-ui/client'
import fc from 'fast-check'
import { expect, test, vi } from 'vitest'
import { spoken } from '../../../../test/support/run/spoken.ts'
import { createOutline, foldOutline } from '../event/outline.ts'
import type { EndEvent, Entry, Json } from '../event/run-event.ts'
import { SnapshotFold, type Snapshot } from '../event/snapshot.ts'
import { Composer } from '../run/composer.ts'
import type { Said } from '../run/said.ts'
import { agUi } from './ag-ui.ts'

const RUN = 'GROUP.RUN'
const COMPLETED = { status: 'completed' } as const
const ANEW = { type: 'anew' } as const
type Step = Said | typeof ANEW

/** The entries of a run that said this. */
function entriesOf(steps: readonly Step[], end: Omit<EndEvent, 'type'> = COMPLETED): Entry[] {
  const composer = new Composer()
  let attempt = 1
  const lines = steps.flatMap((step) => (step === ANEW ? [composer.attempt((attempt += 1))] : spoken(composer, step)))
  const events = [`{"type":"start","run":"${RUN}","kind":"answer"}`, ...lines, composer.end(end)]
  return events.map((json, index) => ({ ...(JSON.parse(json) as Entry), offset: index + 1 }))
}

function eventsOf(entries: readonly Entry[]): BaseEvent[] {
  const outline = createOutline(agUi.keeping)
  return entries.flatMap((entry) => {
    const frames = agUi.step!(outline, entry)
    foldOutline(outline, entry)
    if (entry.type === 'delta') expect(frames.length).toBeLessThanOrEqual(1)
    return frames.map(({ data }) => JSON.parse(data as string) as BaseEvent)
  })
}

function snapshotOf(entries: readonly Entry[]): Snapshot {
  const fold = new SnapshotFold()
  for (const entry of entries) fold.add(entry)
  return fold.value()
}

interface Read {
  readonly messages: readonly Message[]
  readonly events: readonly BaseEvent[]
}

/** What the vendor's own client makes of them: its schemas, its rules of order and its fold. It warns of whatever it leaves out. */
async function readByClient(events: readonly BaseEvent[]): Promise<Read> {
  const warn = vi.spyOn(console, 'warn').mockImplementation(() => undefined)
  try {
    const body = events.map((event) => `data: ${JSON.stringify(event)}\n\n`).join('')
    const agent = new HttpAgent({ url: 'http://localhost/', fetch: () => Promise.resolve(new Response(body)) })
    const seen: BaseEvent[] = []
    await agent.runAgent({}, { onEvent: ({ event }) => void seen.push(event) })
    expect(warn.mock.calls).toEqual([])
    return { messages: agent.messages, events: seen }
  } finally {
    warn.mockRestore()
  }
}

const word = fc.string({ minLength: 1, maxLength: 8, unit: 'binary' })
const name = fc.constantFrom('a', 'b', 'a/b~c')
const json = fc.jsonValue({ maxDepth: 1 }).map((value) => value as Json)
const piece = fc.oneof(
  { weight: 5, arbitrary: word },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('delta' as const), kind: fc.constantFrom('text', 'reasoning', 'tool_call', 'tool_result', 'mine'), text: word }) },
  fc.constant({ type: 'block_start' as const, kind: 'tool_call', id: 'call', name: 'find' }),
  fc.constant({ type: 'block_start' as const, kind: 'tool_result', id: 'call' }),
  fc.constant({ type: 'block_start' as const, kind: 'tool_result', id: 'call', failed: true as const }),
  fc.constantFrom('text', 'reasoning', 'mine').map((kind) => ({ type: 'block_start' as const, kind })),
  fc.constant({ type: 'block_end' as const }),
  fc.record({ type: fc.constant('status' as const), status: name, message: word }, { requiredKeys: ['type', 'status'] }),
  fc.record({ type: fc.constant('progress' as const), item: name, status: fc.constantFrom('running' as const, 'completed' as const), done: fc.nat() }, { requiredKeys: ['type', 'item', 'status'] }),
  fc.record({ type: fc.constant('source' as const), title: word, url: word }, { requiredKeys: ['type', 'title'] }),
  fc.record({ type: fc.constant('ask' as const), id: word, signal: name, call: word }, { requiredKeys: ['type', 'id', 'signal'] }),
  fc.record({ type: fc.constant('usage' as const), usage: fc.record({ input: fc.double({ noNaN: true, noDefaultInfinity: true }), output: fc.nat() }) }),
  fc.record({ type: fc.constantFrom('mine', 'RUN_FINISHED'), value: json }),
  fc.constant({ type: 'error' as const, error: { code: 'oh', message: 'Oh.' } }),
  fc.constant({ type: 'file' as const, name: 'a.txt', url: '/a' }),
  fc.constant(new Uint8Array([1, 2])),
  fc.constant(ANEW),
)
const ending = fc.oneof(
  fc.record({ status: fc.constant('completed' as const), result: json }),
  fc.constant({ status: 'cancelled' as const }),
  fc.constant({ status: 'failed' as const, error: { code: 'no_model', message: 'No.' } }),
)

/** Every call and result by an id of its own, as those of a model have. */
function numbered(steps: readonly Step[]): Step[] {
  let calls = 0
  return steps.map((step) => {
    if (typeof step === 'string' || step instanceof Uint8Array || step.type !== 'block_start' || !('id' in step)) return step
    if (step.kind === 'tool_call') calls += 1
    return { ...step, id: `${step.kind === 'tool_result' && calls === 0 ? 'other' : 'call'}_${String(calls)}` }
  })
}

test('whatever a run says, the vendor’s client takes every event and has the same texts and tools as the log', async () => {
  await fc.assert(fc.asyncProperty(fc.array(piece, { maxLength: 30 }), ending, async (steps, end) => {
    const entries = entriesOf(numbered(steps), end)
    const snapshot = snapshotOf(entries)
    const { messages } = await readByClient(eventsOf(entries))
    const own = messages.filter(({ id }) => id.startsWith(`${RUN}-${String(snapshot.attempt)}-`) || /^call_\d+(-\d+)?$/.test(id))
    const ofKind = (kind: string): string[] => snapshot.blocks.filter((block) => block.kind === kind).map(({ text }) => text)
    const said = (role: string): string[] => own.flatMap((message) => (message.role === role && typeof message.content === 'string' ? [message.content] : []))
    expect(said('assistant').join('')).toBe(snapshot.text)
    expect(said('reasoning')).toEqual(ofKind('reasoning'))
    const ofAttempt = (id: string): boolean => (snapshot.attempt === 1 ? !/-\d+$/.test(id) : id.endsWith(`-${String(snapshot.attempt)}`)) || id.startsWith(`${RUN}-${String(snapshot.attempt)}-`)
    const calls = own.flatMap((message) => (message as AssistantMessage).toolCalls ?? []).filter(({ id }) => ofAttempt(id))
    expect(calls.map((call) => call.function.arguments)).toEqual(ofKind('tool_call'))
    if (end.status === 'completed') expect(said('tool').sort()).toEqual(ofKind('tool_result').sort())
  }), { numRuns: 150 })
})

const named = { threadId: 'GROUP', runId: RUN }

test('an answer with its reasoning, a call and its result is this', () => {
  const events = eventsOf(entriesOf([
    { type: 'status', status: 'searching', message: 'Looking' }, { type: 'delta', kind: 'reasoning', text: 'Hm.' }, 'Let me look.',
    { type: 'block_start', kind: 'tool_call', id: 'call_1', name: 'find' }, { type: 'delta', text: '{}' },
    { type: 'block_start', kind: 'tool_result', id: 'call_1', failed: true }, { type: 'delta', text: 'No' }, { type: 'delta', text: 'thing.' },
    { type: 'status', status: 'answering' }, { type: 'finish', reason: 'length' },
  ], { ...COMPLETED, usage: { input: 1, output: 2.5 }, result: { ok: true } }))
  expect(events).toEqual([
    { type: 'RUN_STARTED', ...named, protocolVersion: '1.0' },
    { type: 'STEP_STARTED', stepName: 'searching', metadata: { message: 'Looking' } },
    { type: 'REASONING_START', messageId: `${RUN}-1-0` },
    { type: 'REASONING_MESSAGE_START', messageId: `${RUN}-1-0`, role: 'reasoning' },
    { type: 'REASONING_MESSAGE_CONTENT', messageId: `${RUN}-1-0`, delta: 'Hm.' },
    { type: 'REASONING_MESSAGE_END', messageId: `${RUN}-1-0` },
    { type: 'REASONING_END', messageId: `${RUN}-1-0` },
    { type: 'TEXT_MESSAGE_START', messageId: `${RUN}-1-1`, role: 'assistant' },
    { type: 'TEXT_MESSAGE_CONTENT', messageId: `${RUN}-1-1`, delta: 'Let me look.' },
    { type: 'TEXT_MESSAGE_END', messageId: `${RUN}-1-1` },
    { type: 'TOOL_CALL_START', toolCallId: 'call_1', toolCallName: 'find', parentMessageId: `${RUN}-1-1` },
    { type: 'TOOL_CALL_ARGS', toolCallId: 'call_1', delta: '{}' },
    { type: 'TOOL_CALL_END', toolCallId: 'call_1' },
    { type: 'STEP_FINISHED', stepName: 'searching' },
    { type: 'STEP_STARTED', stepName: 'answering' },
    { type: 'TOOL_CALL_RESULT', messageId: `${RUN}-1-3`, toolCallId: 'call_1', content: 'Nothing.', role: 'tool', metadata: { failed: true } },
    { type: 'STEP_FINISHED', stepName: 'answering' },
    { type: 'RUN_FINISHED', ...named, outcome: { type: 'success' }, result: { ok: true }, metadata: { reason: 'length' }, usage: [{ inputTokens: 1 }] },
  ])
})

test('a call under an id that was used before is another one, with a result of its own', async () => {
  const round = (input: string, output: string): Said[] => [
    { type: 'block_start', kind: 'tool_call', id: 'c', name: 'find' }, { type: 'delta', text: input }, { type: 'block_start', kind: 'tool_result', id: 'c' }, { type: 'delta', text: output },
  ]
  const { messages } = await readByClient(eventsOf(entriesOf([...round('{"n":1}', 'one'), ...round('{"n":2}', 'two'), { type: 'ask', id: 'a', signal: 'approval', call: 'c' }])))
  const calls = messages.flatMap((message) => (message as AssistantMessage).toolCalls ?? [])
  expect(calls.map(({ id, function: { arguments: input } }) => [id, input])).toEqual([['c', '{"n":1}'], ['c.2', '{"n":2}']])
  const results = messages.flatMap((message) => (message.role === 'tool' ? [[message.toolCallId, message.content]] : []))
  expect(results).toEqual([['c', 'one'], ['c.2', 'two']])
})

test('failed and cancelled are said each in its own form, and a call that was cut is never closed', () => {
  const call: Said = { type: 'delta', kind: 'tool_call', text: '{"cut' }
  const last = (said: Said, end: Omit<EndEvent, 'type'>): string[] => eventsOf(entriesOf([said], end)).slice(3).map((event) => JSON.stringify(event))
  expect(last('a', { status: 'failed', error: { code: 'no_model', message: 'No.' } })).toEqual(['{"type":"RUN_ERROR","message":"No.","code":"no_model"}'])
  expect(last('a', { status: 'failed' })).toEqual(['{"type":"RUN_ERROR","message":"The run failed.","code":"internal"}'])
  expect(last(call, { status: 'cancelled' })).toEqual(['{"type":"RUN_ERROR","message":"The run was cancelled.","code":"cancelled"}'])
  expect(last('a', { status: 'cancelled' })).toEqual([
    `{"type":"TEXT_MESSAGE_END","messageId":"${RUN}-1-0"}`,
    `{"type":"RUN_FINISHED","threadId":"GROUP","runId":"${RUN}","outcome":{"type":"cancelled"}}`,
  ])
})

test('a field of progress that the application added has the name it was given, whatever is in it', async () => {
  const { messages } = await readByClient(eventsOf(entriesOf([{ type: 'progress', item: 'a', status: 'running', 'files/~done': 3 }])))
  expect(messages).toMatchObject([{ content: { item: 'a', status: 'running', 'files/~done': 3 } }])
})

test('what an item of progress leaves out stays as it was', async () => {
  const { messages } = await readByClient(eventsOf(entriesOf([
    { type: 'progress', item: 'copy/1', status: 'running', name: 'Copying', total: 2 }, { type: 'progress', item: 'copy/1', status: 'completed', done: 2 },
  ])))
  expect(messages).toEqual([{
    id: `${RUN}-1-progress-copy/1`, role: 'activity', activityType: 'progress',
    content: { item: 'copy/1', status: 'completed', name: 'Copying', total: 2, done: 2 },
  }])
})

test('an attempt begins another run, whose messages are not those of the first', async () => {
  const { messages, events } = await readByClient(eventsOf(entriesOf(['Void.', ANEW, 'The answer.'])))
  expect(events.map(({ type }) => type)).toEqual([
    'RUN_STARTED', 'TEXT_MESSAGE_START', 'TEXT_MESSAGE_CONTENT', 'RUN_ERROR', 'RUN_STARTED', 'TEXT_MESSAGE_START', 'TEXT_MESSAGE_CONTENT', 'TEXT_MESSAGE_END', 'RUN_FINISHED',
  ])
  expect(events[3]).toMatchObject({ code: 'attempt' })
  expect(messages.map(({ id, content }) => [id, content])).toEqual([[`${RUN}-1-0`, 'Void.'], [`${RUN}-2-0`, 'The answer.']])
})

test('who joins in the middle can make sense of all that follows, and has a call’s whole input', async () => {
  const said: readonly Step[] = [
    { type: 'status', status: 'a' }, 'one ', 'two', { type: 'block_start', kind: 'tool_call', id: 'call_1' }, { type: 'delta', text: '{"a"' }, { type: 'delta', text: ':1}' },
    { type: 'delta', kind: 'reasoning', text: 'x' }, { type: 'delta', kind: 'tool_result', text: 'y' }, 'three',
  ]
  const entries = entriesOf(said)
  for (const after of entries.keys()) {
    const outline = createOutline(agUi.keeping)
    for (const entry of entries.slice(0, after + 1)) foldOutline(outline, entry)
    if (outline.end !== null) continue
    const preamble = agUi.join!(outline).map(({ data }) => JSON.parse(data as string) as BaseEvent)
    const rest = eventsOf(entries).slice(eventsOf(entries.slice(0, after + 1)).length)
    const { messages } = await readByClient([...preamble, ...rest])
    const calls = messages.flatMap((message) => (message as AssistantMessage).toolCalls ?? [])
    expect(calls.every((call) => call.function.arguments === '{"a":1}')).toBe(true)
  }
})

test('a refusal is that vendor’s error', () => {
  expect(agUi.refusal?.({ status: 401, code: 'unauthorized', message: 'Say who you are first.' })).toEqual({ type: 'RUN_ERROR', message: 'Say who you are first.', code: 'unauthorized' })
})
