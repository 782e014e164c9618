import { EventType, HttpAgent, type AgentSubscriber, type BaseEvent, type Message, type RunAgentResult } from '@ag-ui/client'
import { fetchServerSentEvents } from '@tanstack/ai-client'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { agUi, PublicError, type Json } from '../../packages/millrace/src/index.ts'
import { serve, type Served } from '../../packages/millrace/src/runtime/index.ts'
import { testApp, type TestApp } from '../support/app.ts'
import { clientOf } from '../support/client-version.ts'
import { cuttingProxy } from '../support/cutting-proxy.ts'
import { said } from '../support/frames.ts'
import { Script } from '../support/script.ts'

const SECRET = 'postgres://user:hunter2@db/prod'

let script: Script
let server: TestApp
let served: Served
/** Each of them would be something that the client does not know, and left out. */
let warned: string[]

beforeEach(async () => {
  warned = []
  vi.spyOn(console, 'warn').mockImplementation((words: string) => void warned.push(words))
  script = new Script()
  const input = (body: Json): Json => ({ asked: (body as { readonly messages: readonly { readonly content: string }[] }).messages.at(-1)?.content ?? '' })
  server = testApp({ runs: { answer: script.kind }, routes: { '/agent': { kind: 'answer', dialect: agUi, input } }, authenticate: () => 'ada' })
  served = await serve(server.app, { port: 0 })
})

afterEach(async () => {
  vi.restoreAllMocks()
  expect(warned).toEqual([])
  await server.app.close()
  await served.close()
})

function sayEverything(): void {
  script.say({ type: 'status', status: 'thinking' }, { type: 'delta', kind: 'reasoning', text: 'Let me ' }, { type: 'delta', kind: 'reasoning', text: 'see.' })
  script.say('I look', ' it up. ', { type: 'block_start', kind: 'tool_call', id: 'call_1', name: 'search' }, { type: 'delta', text: '{"q":' }, { type: 'delta', text: '"why"}' })
  script.say({ type: 'block_start', kind: 'tool_result', id: 'call_1' }, { type: 'delta', text: 'A ' }, { type: 'delta', text: 'doc' }, { type: 'block_end' })
  script.say({ type: 'status', status: 'answering' }, 'Be', 'cause 🌍\u2028\r\n\0.', { type: 'source', title: 'A doc', url: '/a' })
  script.say({ type: 'file', name: 'a.txt', url: '/a.txt' }, { type: 'progress', item: 'x', status: 'completed' }, { type: 'usage', usage: { input: 7, output: 9 } })
  script.say({ type: 'ask', id: 'a', signal: 'approval' }, { type: 'answer', id: 'a', approved: true }, { type: 'mood', mood: 'good' })
  script.end({ ok: true })
}

const agentAt = (url: string): HttpAgent => new HttpAgent({ url: `${url}/agent`, initialMessages: [{ id: 'q', role: 'user', content: 'Why?' }] })

/** The run that the answer's events name. */
function runIn(events: readonly BaseEvent[]): string {
  return String(events.find(({ type }) => type === EventType.RUN_STARTED)?.['runId'])
}

async function snapshotOf(run: string): Promise<Record<string, unknown>> {
  return (await (await server.ask(`/runs/${run}`)).json()) as Record<string, unknown>
}

function textOf(messages: readonly Message[]): string {
  return messages.filter(({ role }) => role === 'assistant').map(({ content }) => (typeof content === 'string' ? content : '')).join('')
}

/** This client also leaves a rejection of its own with nobody, where its body is cut. */
function forgivingCuts(): Disposable {
  const strict = process.listeners('unhandledRejection')
  process.removeAllListeners('unhandledRejection').on('unhandledRejection', (reason) => {
    if (!(reason instanceof TypeError && reason.message === 'terminated')) for (const listener of strict) listener(reason, Promise.resolve())
  })
  return {
    [Symbol.dispose]: () => {
      process.removeAllListeners('unhandledRejection')
      for (const listener of strict) process.on('unhandledRejection', listener)
    },
  }
}

describe(clientOf('@ag-ui/client'), () => {
  test('text, reasoning, a tool with its result, sources, progress, usage', async () => {
    sayEverything()
    const agent = agentAt(served.url)
    const events: BaseEvent[] = []
    const answer = await agent.runAgent({}, { onEvent: ({ event }) => void events.push(event) })
    expect(answer.result).toEqual({ ok: true })
    const { newMessages } = answer
    expect(newMessages.map(({ id: _id, ...message }) => message)).toEqual([
      { role: 'reasoning', content: 'Let me see.' },
      { role: 'assistant', content: 'I look it up. ', toolCalls: [{ id: 'call_1', type: 'function', function: { name: 'search', arguments: '{"q":"why"}' } }] },
      { role: 'tool', toolCallId: 'call_1', content: 'A doc' },
      { role: 'assistant', content: 'Because 🌍\u2028\r\n\0.' },
      { role: 'activity', activityType: 'progress', content: { item: 'x', status: 'completed' } },
    ])
    expect(events.filter(({ type }) => type === EventType.CUSTOM).map(({ name, value }) => [name, value])).toEqual([
      ['source', { title: 'A doc', url: '/a' }], ['file', { name: 'a.txt', url: '/a.txt' }], ['usage', { usage: { input: 7, output: 9 } }],
      ['ask', { id: 'a', signal: 'approval' }], ['answer', { id: 'a', approved: true }], ['mood', { mood: 'good' }],
    ])
    expect(events.filter(({ type }) => type.startsWith('STEP_')).map(({ type, stepName }) => `${type} ${String(stepName)}`)).toEqual([
      'STEP_STARTED thinking', 'STEP_FINISHED thinking', 'STEP_STARTED answering', 'STEP_FINISHED answering',
    ])
    expect(events.at(-1)).toMatchObject({ outcome: { type: 'success' }, usage: [{ inputTokens: 7, outputTokens: 9 }] })
    expect(await snapshotOf(runIn(events))).toMatchObject({ status: 'completed', text: textOf(newMessages) })
  })

  test('each token as it is said', async () => {
    const seen: string[] = []
    script.say('one')
    const onTextMessageContentEvent: AgentSubscriber['onTextMessageContentEvent'] = ({ event }) => {
      seen.push(event.delta)
      if (seen.length === 1) script.say('two')
      else script.end()
    }
    await agentAt(served.url).runAgent({}, { onTextMessageContentEvent })
    expect(seen).toEqual(['one', 'two'])
  })

  test.each([
    ['its public reason', new PublicError('no_model', 'The model is not there.'), { code: 'no_model', message: 'The model is not there.' }],
    ['nothing of a reason that is not public', new Error(SECRET), { code: 'internal' }],
  ])('a failure, with %s', async (_what, failure, told) => {
    script.say('so far')
    script.fail(failure)
    const events: BaseEvent[] = []
    const { newMessages } = await agentAt(served.url).runAgent({}, { onEvent: ({ event }) => void events.push(event) })
    expect(events.at(-1)).toMatchObject({ type: 'RUN_ERROR', ...told })
    expect(textOf(newMessages)).toBe('so far')
    expect(JSON.stringify(events)).not.toContain('hunter2')
  })

  test('cancelled from elsewhere while it streams', async () => {
    script.say('so far')
    const outcomes: unknown[] = []
    const events: BaseEvent[] = []
    await agentAt(served.url).runAgent({}, {
      onEvent: ({ event }) => void events.push(event),
      onTextMessageContentEvent: () => void server.ask(`/runs/${runIn(events)}`, { method: 'DELETE' }),
      onRunFinishedEvent: ({ outcome }) => void outcomes.push(outcome),
    })
    expect(outcomes).toEqual(['cancelled'])
    expect(await snapshotOf(runIn(events))).toMatchObject({ status: 'cancelled', text: 'so far' })
  })

  test('refused: the reason is in the error', async () => {
    const error: unknown = await agentAt(served.url).runAgent({ runId: 'no key: it has spaces' }).catch((reason: unknown) => reason)
    expect(error).toMatchObject({ status: 400, payload: { type: 'RUN_ERROR', code: 'invalid_request' } })
    expect(script.starts).toBe(0)
  })

  test('cut at every frame: an error, and never a short answer; the same run again is not paid twice', async () => {
    vi.spyOn(console, 'error').mockImplementation(() => undefined)
    using _ = forgivingCuts()
    sayEverything()
    await using proxy = await cuttingProxy(served.url)
    const ask = (): Promise<RunAgentResult> => agentAt(proxy.url).runAgent({ runId: 'mine' })
    const whole = await ask()
    let answered: unknown = null
    let cuts = 0
    // Behind the last frame too: until the body is shorter than the cut is far.
    for (; answered === null; cuts += 1) {
      proxy.cut({ frames: cuts })
      answered = await ask().catch(() => null)
    }
    expect(cuts).toBeGreaterThan(20)
    expect(answered).toEqual(whole)
    expect(script.starts).toBe(1)
  })
})

describe(clientOf('@tanstack/ai-client'), () => {
  const asked = [{ role: 'user' as const, content: 'Why?' }]
  const named = { threadId: 'thread-1', runId: 'run-1' }

  interface Chunk {
    readonly type: string
    readonly delta?: string
  }

  async function read(chunks: AsyncIterable<object>): Promise<Chunk[]> {
    const all: Chunk[] = []
    for await (const chunk of chunks) all.push(chunk as Chunk)
    return all
  }

  /** A log that is sealed meanwhile says the same in fewer pieces. */
  const meaningOf = (chunks: readonly Chunk[]): readonly unknown[] => said(chunks.map((data) => ({ cursor: null, event: null, data: { ...data } })))
  const wordsOf = (chunks: readonly Chunk[]): string => chunks.map(({ type, delta = '' }) => (type === 'TEXT_MESSAGE_CONTENT' ? delta : '')).join('')

  test('cut at every frame and resumed', async () => {
    sayEverything()
    await using proxy = await cuttingProxy(served.url)
    const connect = (): Promise<Chunk[]> => read(fetchServerSentEvents(`${proxy.url}/agent`, { reconnect: { delayMs: 0 } }).connect(asked, undefined, undefined, named))
    const live = await connect()
    // Sealed, it has fewer frames; from then on their number stays.
    const whole = await vi.waitUntil(async () => {
      const now = await connect()
      return now.length < live.length ? now : null
    })
    expect(meaningOf(whole)).toEqual(meaningOf(live))
    for (let at = 1; at < whole.length; at += 1) {
      proxy.cut({ frames: at })
      expect(meaningOf(await connect())).toEqual(meaningOf(whole))
    }
    expect(wordsOf(whole)).toBe('I look it up. Because 🌍\u2028\r\n\0.')
    expect(script.starts).toBe(1)
  })

  test('joined after a reload, while it streams', async () => {
    script.say('one ')
    const connection = fetchServerSentEvents(`${served.url}/agent`)
    const leaving = new AbortController()
    for await (const chunk of connection.connect(asked, undefined, leaving.signal, named)) if ((chunk as Chunk).type === 'TEXT_MESSAGE_CONTENT') leaving.abort()
    const joined = read(fetchServerSentEvents(`${served.url}/agent`).joinRun('run-1'))
    script.say('two')
    script.end()
    expect(wordsOf(await joined)).toBe('one two')
    expect(script.starts).toBe(1)
  })
})
