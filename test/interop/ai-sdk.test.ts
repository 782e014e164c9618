import { Chat } from '@ai-sdk/react'
import {
  DefaultChatTransport, lastAssistantMessageIsCompleteWithApprovalResponses, lastAssistantMessageIsCompleteWithToolCalls, type ChatInit, type ChatTransport, type UIMessage,
} from 'ai'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { createChatTransport, type ChatTransportOptions } from '../../packages/millrace/src/client/ai-sdk/index.ts'
import { aiSdk, defineRun, PublicError, type Json, type Said, type SnapshotReply } from '../../packages/millrace/src/index.ts'
import { serve, type Served } from '../../packages/millrace/src/runtime/index.ts'
import { testApp, type TestApp } from '../support/app.ts'
import { clientOf } from '../support/client-version.ts'
import { cuttingProxy, type CuttingProxy } from '../support/cutting-proxy.ts'
import { Script } from '../support/script.ts'

const EVERYTHING: readonly Said[] = [
  { type: 'status', status: 'thinking' }, { type: 'delta', kind: 'reasoning', text: 'Let me ' }, { type: 'delta', kind: 'reasoning', text: 'see.' },
  { type: 'block_start', kind: 'tool_call', id: 'call_1', name: 'search' }, { type: 'delta', text: '{"q":"w' }, { type: 'delta', text: 'hy"}' }, { type: 'block_end' },
  { type: 'block_start', kind: 'tool_result', id: 'call_1' }, { type: 'delta', text: '["a"]' }, { type: 'block_end' },
  'Be', 'cause', ' 🌍\u2028\r\n\0.', { type: 'source', title: 'A doc', url: '/a' }, { type: 'file', name: 'a.png', url: '/f', mediaType: 'image/png' },
  { type: 'progress', item: 'x', status: 'running' }, { type: 'progress', item: 'x', status: 'completed' }, { type: 'usage', usage: { input: 7, output: 9 } },
]
const TEXT = 'Because 🌍\u2028\r\n\0.'
/** Frames of such a run’s end, `[DONE]` with them. */
const TERMINAL = 4
const PARTS = [
  { type: 'step-start' }, { type: 'reasoning', text: 'Let me see.', state: 'done' },
  { type: 'tool-search', toolCallId: 'call_1', state: 'output-available', input: { q: 'why' }, output: ['a'] },
  { type: 'step-start' }, { type: 'text', text: TEXT, state: 'done' }, { type: 'source-url', url: '/a', title: 'A doc' },
  { type: 'file', url: '/f', mediaType: 'image/png' }, { type: 'data-progress', id: 'x', data: { item: 'x', status: 'completed' } },
]

let script: Script
let server: TestApp
let served: Served

beforeEach(async () => {
  script = new Script()
  server = await begun({ answer: script.kind })
})

afterEach(async () => {
  await server.app.close()
  await served.close()
})

async function begun(runs: Parameters<typeof testApp>[0] extends { runs?: infer Runs } | undefined ? NonNullable<Runs> : never): Promise<TestApp> {
  const input = (body: Json): Json => body
  const app = testApp({ runs, routes: { '/api/chat': { kind: 'answer', dialect: aiSdk, input } }, authenticate: () => 'ada' })
  served = await serve(app.app, { port: 0 })
  return app
}

type Options = Omit<ChatInit<UIMessage>, 'transport'>

function chat(transport: ChatTransport<UIMessage>, options: Options = {}): Chat<UIMessage> {
  return new Chat<UIMessage>({ id: 'chat-1', ...options, transport })
}

const byDefault = (url: string = served.url): DefaultChatTransport<UIMessage> => new DefaultChatTransport({ api: `${url}/api/chat` })
/** Assignable without a cast: our types are a part of the vendor's. */
const byOurs = (url: string = served.url, options: ChatTransportOptions = {}): ReturnType<typeof createChatTransport> => createChatTransport({ ...options, api: `${url}/api/chat` })

function textOf(message: UIMessage | undefined): string {
  return (message?.parts ?? []).map((part) => (part.type === 'text' ? part.text : '')).join('')
}

async function runs(): Promise<{ id: string; status: string }[]> {
  return ((await (await server.ask('/runs')).json()) as { runs: { id: string; status: string }[] }).runs
}

async function snapshotOf(run: string): Promise<SnapshotReply> {
  return (await (await server.ask(`/runs/${run}`)).json()) as SnapshotReply
}

async function statusIs(status: string): Promise<void> {
  await vi.waitUntil(async () => (await runs())[0]?.status === status, { timeout: 10_000 })
}

const asUser = (id: string, text: string): UIMessage => ({ id, role: 'user', parts: [{ type: 'text', text }] })

describe(clientOf('ai'), () => {
  describe.each([['DefaultChatTransport', byDefault], ['millrace/ai-sdk', byOurs]] as const)('%s', (_name, transportTo) => {
    test('text, reasoning, a tool, sources, files, usage and data, streamed', async () => {
      script.say(...EVERYTHING)
      script.end()
      const passing: unknown[] = []
      const one = chat(transportTo(), { onData: (part) => passing.push([part.type, part.data]) })
      await one.sendMessage({ text: 'Why?' })
      expect([one.status, one.error, one.messages.length]).toEqual(['ready', undefined, 2])
      expect(one.lastMessage).toMatchObject({ role: 'assistant', parts: PARTS, metadata: { usage: { input: 7, output: 9 } } })
      expect(passing[0]).toEqual(['data-status', { status: 'thinking' }])
      expect(textOf(one.lastMessage)).toBe((await snapshotOf(one.lastMessage!.id)).text)
    })

    test('an error in the middle', async () => {
      script.say('so far')
      script.fail(new PublicError('no_model', 'The model is not there.'))
      const one = chat(transportTo())
      await one.sendMessage({ text: 'Why?' })
      expect([one.status, one.error?.message, textOf(one.lastMessage)]).toEqual(['error', 'The model is not there.', 'so far'])
    })

    test('an error whose text is not public', async () => {
      script.fail(new Error('postgres://user:hunter2@db/prod'))
      const one = chat(transportTo())
      await one.sendMessage({ text: 'Why?' })
      expect(one.status).toBe('error')
      expect(one.error?.message).not.toContain('hunter2')
    })

    test('cancelled from elsewhere while it streams', async () => {
      script.say(...EVERYTHING.slice(3, 10), 'so far')
      const one = chat(transportTo(), { sendAutomaticallyWhen: lastAssistantMessageIsCompleteWithToolCalls })
      const sent = one.sendMessage({ text: 'Why?' })
      await vi.waitUntil(() => textOf(one.lastMessage) === 'so far')
      await server.ask(`/runs/${(await runs())[0]!.id}`, { method: 'DELETE' })
      await sent
      expect([one.status, textOf(one.lastMessage), script.starts]).toEqual(['ready', 'so far', 1])
    })

    test('regenerated', async () => {
      script.say('Because.')
      script.end()
      const one = chat(transportTo())
      await one.sendMessage({ text: 'Why?' })
      const { id } = one.lastMessage!
      await one.regenerate()
      expect([one.messages.length, textOf(one.lastMessage), one.lastMessage!.id === id, script.starts]).toEqual([2, 'Because.', false, 2])
    })

    test('a page loaded again in the middle', async () => {
      script.say(...EVERYTHING.slice(0, 12))
      const before = chat(transportTo())
      void before.sendMessage({ text: 'Why?' })
      await vi.waitUntil(() => textOf(before.lastMessage) === 'Because')
      const after = chat(transportTo(), { messages: structuredClone(before.messages) })
      const resumed = after.resumeStream()
      await vi.waitUntil(() => after.status === 'streaming')
      script.say(...EVERYTHING.slice(12))
      script.end()
      await resumed
      expect(after.messages.map(({ role }) => role)).toEqual(['user', 'assistant'])
      expect(after.lastMessage).toMatchObject({ id: before.lastMessage!.id, parts: PARTS })
    })

    test('nothing to resume', async () => {
      const one = chat(transportTo())
      await one.resumeStream()
      expect([one.status, one.error]).toEqual(['ready', undefined])
      script.end()
      await one.sendMessage({ text: 'Why?' })
      await one.resumeStream()
      expect([one.status, one.error]).toEqual(['ready', undefined])
    })

    test('a tool of the page’s own', async () => {
      script.say({ type: 'block_start', kind: 'tool_call', id: 'where', name: 'place' }, { type: 'block_end' }, { type: 'finish', reason: 'tool_calls' })
      script.end()
      const one = chat(transportTo(), {
        sendAutomaticallyWhen: lastAssistantMessageIsCompleteWithToolCalls,
        onToolCall: ({ toolCall }) => {
          script.replace('You are in Ghent.')
          void one.addToolOutput({ tool: toolCall.toolName, toolCallId: toolCall.toolCallId, output: 'Ghent' })
        },
      })
      await one.sendMessage({ text: 'Where am I?' })
      await vi.waitUntil(() => textOf(one.lastMessage) === 'You are in Ghent.' && one.status === 'ready')
      expect(one.messages.map(({ role }) => role)).toEqual(['user', 'assistant'])
      expect(one.lastMessage?.parts).toMatchObject([{ type: 'step-start' }, { type: 'tool-place', state: 'output-available', output: 'Ghent' }, { type: 'step-start' }, { type: 'text' }])
      expect(script.starts).toBe(2)
    })

    test('an approval, handed back with the message', async () => {
      script.say(
        { type: 'block_start', kind: 'tool_call', id: 'pay', name: 'pay' }, { type: 'delta', text: '{"sum":5}' }, { type: 'block_end' },
        { type: 'ask', id: 'ask-1', signal: 'approval', call: 'pay' }, { type: 'finish', reason: 'tool_calls' },
      )
      script.end()
      const one = chat(transportTo(), { sendAutomaticallyWhen: lastAssistantMessageIsCompleteWithApprovalResponses })
      await one.sendMessage({ text: 'Pay.' })
      expect(one.lastMessage?.parts.at(-1)).toMatchObject({ state: 'approval-requested', input: { sum: 5 } })
      script.replace({ type: 'block_start', kind: 'tool_result', id: 'pay' }, { type: 'delta', text: '{"paid":true}' }, { type: 'block_end' }, 'Paid.')
      await one.addToolApprovalResponse({ id: 'ask-1', approved: true })
      await vi.waitUntil(() => textOf(one.lastMessage) === 'Paid.' && one.status === 'ready')
      expect(one.messages).toHaveLength(2)
      expect(one.lastMessage?.parts[1]).toMatchObject({ type: 'tool-pay', state: 'output-available', output: { paid: true } })
      expect(script.starts).toBe(2)
    })

    test('refused before it begins', async () => {
      const one = chat(transportTo())
      await server.app.close()
      await one.sendMessage({ text: 'Why?' }, { headers: { Origin: 'https://elsewhere.example' } })
      expect(one.status).toBe('error')
    })
  })

  test('DefaultChatTransport: cut at every frame, and resumed by the page', async () => {
    script.say(...EVERYTHING)
    script.end()
    await using proxy = await cuttingProxy(served.url)
    const frames = await framesOf(proxy)
    await server.app.close()
    await served.close()
    // What runs on until its chat was read again: that of a run which ended is not resumed.
    const endings = new Map<string, () => void>()
    server = await begun({ answer: defineRun<{ id: string }>({
      async *run({ input }) {
        yield* EVERYTHING
        await new Promise<void>((resolve) => endings.set(input.id, resolve))
      },
    }) })
    await using other = await cuttingProxy(served.url)
    for (let cut = 1; cut <= frames - TERMINAL; cut += 1) {
      other.cut({ frames: cut })
      const id = `cut-${String(cut)}`
      const one = chat(byDefault(other.url), { id })
      await one.sendMessage({ text: 'Why?' })
      expect([cut, one.status]).toEqual([cut, 'error'])
      const resumed = one.resumeStream()
      await vi.waitUntil(() => other.frames.length === 2 * cut && endings.has(id))
      endings.get(id)!()
      await resumed
      expect([one.status, one.messages.length]).toEqual(['ready', 2])
      expect(one.lastMessage).toMatchObject({ parts: PARTS })
    }
  })

  test('millrace/ai-sdk: cut at every frame, and resumed by itself', async () => {
    script.say(...EVERYTHING)
    script.end()
    await using proxy = await cuttingProxy(served.url)
    const frames = await framesOf(proxy)
    for (let cut = 1; cut <= frames; cut += 1) {
      proxy.cut({ frames: cut }, { frames: 1 })
      const one = chat(byOurs(proxy.url, { host: impatient }), { id: `cut-${String(cut)}` })
      await one.sendMessage({ text: 'Why?' })
      expect([cut, one.status, one.error]).toEqual([cut, 'ready', undefined])
      expect(one.lastMessage).toMatchObject({ parts: PARTS })
    }
    expect(script.starts).toBe(frames + 1)
  })

  test('millrace/ai-sdk: cut at many bytes, also in the middle of a character', async () => {
    script.say(...EVERYTHING)
    script.end()
    await using proxy = await cuttingProxy(served.url)
    for (let cut = 1; cut < 2_400; cut += 37) {
      proxy.cut({ bytes: cut })
      const one = chat(byOurs(proxy.url, { host: impatient }), { id: `cut-${String(cut)}` })
      await one.sendMessage({ text: 'Why?' })
      expect(one.lastMessage).toMatchObject({ parts: PARTS })
    }
  })

  test('a message sent twice is answered once', async () => {
    script.say('Because.')
    const twice = [chat(byDefault()), chat(byDefault())].map((one) => one.sendMessage({ ...asUser('m-1', 'Why?') }))
    await vi.waitUntil(async () => (await runs()).length === 1)
    script.end()
    await Promise.all(twice)
    expect(script.starts).toBe(1)
  })

  test('a message that was edited is answered anew', async () => {
    script.say('Because.')
    script.end()
    const one = chat(byDefault())
    await one.sendMessage(asUser('m-1', 'Why?'))
    await one.sendMessage({ text: 'How?', messageId: 'm-1' })
    expect([one.status, one.messages.length, script.starts]).toEqual(['ready', 2, 2])
  })

  test('two tabs of one chat', async () => {
    script.say('so ')
    const first = chat(byOurs())
    const sent = first.sendMessage({ text: 'Why?' })
    await vi.waitUntil(() => textOf(first.lastMessage) === 'so ')
    const second = chat(byDefault(), { messages: first.messages.slice(0, 1) })
    const resumed = second.resumeStream()
    await vi.waitUntil(() => textOf(second.lastMessage) === 'so ')
    script.say('on')
    script.end()
    await Promise.all([sent, resumed])
    expect([first, second].map((one) => [one.messages.length, textOf(one.lastMessage)])).toEqual([[2, 'so on'], [2, 'so on']])
  })

  test('DefaultChatTransport: stop leaves, and the stop route stops', async () => {
    script.say('so far')
    const one = chat(byDefault())
    void one.sendMessage({ text: 'Why?' })
    await vi.waitUntil(() => textOf(one.lastMessage) === 'so far')
    await one.stop()
    expect((await runs())[0]?.status).toBe('running')
    const stopped = await fetch(`${served.url}/api/chat/chat-1/stop`, { method: 'POST' })
    expect(stopped.status).toBe(200)
    await statusIs('cancelled')
  })

  test('millrace/ai-sdk: stop stops', async () => {
    script.say('so far')
    const one = chat(byOurs())
    const sent = one.sendMessage({ text: 'Why?' })
    await vi.waitUntil(() => textOf(one.lastMessage) === 'so far')
    await one.stop()
    await sent
    await statusIs('cancelled')
    expect([one.status, one.error, textOf(one.lastMessage)]).toEqual(['ready', undefined, 'so far'])
  })

  test('millrace/ai-sdk: stopped before the first answer came', async () => {
    let answered = (): void => undefined
    const held = new Promise<void>((resolve) => (answered = resolve))
    const fetchSlowly = async (url: string, init: RequestInit): Promise<Response> => {
      const response = await fetch(url, init)
      if (!url.endsWith('/stop')) await held
      return response
    }
    const one = chat(byOurs(served.url, { host: { ...impatient, fetch: fetchSlowly } }))
    const sent = one.sendMessage({ text: 'Why?' })
    await vi.waitUntil(() => script.starts === 1)
    await one.stop()
    await sent
    expect([one.status, (await runs())[0]?.status]).toEqual(['ready', 'running'])
    answered()
    await statusIs('cancelled')
  })

  test('millrace/ai-sdk: to leave is no stop where the page says so', async () => {
    script.say('so far')
    const transport = byOurs(served.url, { stop: 'leave' })
    const one = chat(transport)
    void one.sendMessage({ text: 'Why?' })
    await vi.waitUntil(() => textOf(one.lastMessage) === 'so far')
    await one.stop()
    expect((await runs())[0]?.status).toBe('running')
    expect(await transport.cancel('chat-1')).toMatch(/running|cancelled/)
    await statusIs('cancelled')
    expect(await transport.cancel('nobody')).toBeNull()
  })

  test('millrace/ai-sdk: a chat that resumes again does not stop what it resumes', async () => {
    script.say('so ')
    const one = chat(byOurs())
    void one.sendMessage({ text: 'Why?' })
    await vi.waitUntil(() => textOf(one.lastMessage) === 'so ')
    let answers = 0
    const counting = async (url: string, init: RequestInit): Promise<Response> => fetch(url, init).finally(() => (answers += 1))
    const again = chat(byOurs(served.url, { host: { ...impatient, fetch: counting } }), { messages: one.messages.slice(0, 1) })
    const first = again.resumeStream()
    await vi.waitUntil(() => textOf(again.lastMessage) === 'so ')
    const second = again.resumeStream()
    await first
    await vi.waitUntil(() => answers === 2)
    script.say('on')
    script.end()
    await second
    expect([textOf(again.lastMessage), again.status]).toEqual(['so on', 'ready'])
    expect((await runs())[0]?.status).toBe('completed')
  })

  test.each([true, false])('millrace/ai-sdk: an approval, signalled while the answer is open: %s', async (approved) => {
    await server.app.close()
    await served.close()
    server = await begun({ answer: defineRun({
      signals: { approval: (value: unknown) => value as { approved: boolean } },
      async *run({ ask }) {
        yield { type: 'block_start', kind: 'tool_call', id: 'pay', name: 'pay' }
        const { approved } = await ask({ id: 'ask-1', signal: 'approval', call: 'pay', message: 'Pay 5?' })
        if (approved) yield* [{ type: 'block_start', kind: 'tool_result', id: 'pay' }, { type: 'delta', text: '"paid"' }, { type: 'block_end' }] satisfies Said[]
        yield approved ? 'Paid.' : 'Left.'
      },
    }) })
    const transport = byOurs()
    const one = chat(transport)
    const sent = one.sendMessage({ text: 'Pay.' })
    const tool = (): unknown => one.lastMessage?.parts.find(({ type }) => type === 'tool-pay')
    await vi.waitUntil(() => (tool() as { state?: string } | undefined)?.state === 'approval-requested')
    expect(tool()).toMatchObject({ approval: { id: 'ask-1', requestReason: 'Pay 5?' } })
    await transport.signal('chat-1', { type: 'approval', id: 'ask-1', data: { approved } })
    await sent
    expect(tool()).toMatchObject(approved ? { state: 'output-available', output: 'paid' } : { state: 'output-denied', approval: { approved: false } })
    expect([textOf(one.lastMessage), (await runs()).length]).toEqual([approved ? 'Paid.' : 'Left.', 1])
  })
})

/** Waits for nothing: what is tried is what follows a wait. */
const impatient: NonNullable<ChatTransportOptions['host']> = {
  fetch: (url, init) => fetch(url, init),
  timer: (ms, run) => {
    const timer = setTimeout(run, ms >= 10_000 ? ms : 0)
    return () => clearTimeout(timer)
  },
  now: () => performance.now(), random: () => 0, isOnline: () => true, onWake: () => undefined,
}

async function framesOf(proxy: CuttingProxy): Promise<number> {
  const one = chat(byDefault(proxy.url), { id: 'whole' })
  await one.sendMessage({ text: 'Why?' })
  return proxy.frames.at(-1)!
}
