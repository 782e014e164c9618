import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { ChatApp } from '../../../../../test/support/chat-app.ts'
import { Script } from '../../../../../test/support/script.ts'
import { defineTurn, type Busy } from '../../chat/index.ts'
import { PublicError } from '../../event/error.ts'
import { createChatClient } from '../chat/chat-client.ts'
import { defaultHost, type Host } from '../host.ts'
import type { ChatSnapshot, ChatView } from './chat.ts'
import type { ChatSource } from './chat-source.ts'
import { createChatView, type ChatViewOptions } from './chat-view.ts'

let script: Script
let app: ChatApp
let chat: ChatSource
/** `METHOD path`, shortened. */
let asked: string[]
/** Requests nobody has left. */
let open: Set<AbortSignal>
let timers: Set<object>
/** Of which request the next answer is lost on its way, refused, or held back. */
let losing: string | null
let refusing: string | null
let holding: { readonly what: string; readonly until: Promise<void> } | null

const host: Host = {
  ...defaultHost,
  timer(ms, run) {
    const timer = {}
    timers.add(timer)
    const stop = defaultHost.timer(ms / 100, () => {
      timers.delete(timer)
      run()
    })
    return () => {
      timers.delete(timer)
      stop()
    }
  },
  async fetch(url, init) {
    const what = `${init.method ?? ''} ${new URL(url).pathname.replace(/[\w-]{22}(\.[\w-]{22})?/, 'ID')}`
    asked.push(what)
    const { signal } = init
    if (signal) {
      open.add(signal)
      signal.addEventListener('abort', () => open.delete(signal))
    }
    if (refusing === what) {
      refusing = null
      return new Response(null, { status: 403 })
    }
    const response = await app.server.ask(url, init)
    if (holding?.what === what) await holding.until
    if (losing !== what) return response
    losing = null
    throw new TypeError('the network went away')
  },
}

async function setUp(busy?: Busy): Promise<void> {
  script = new Script()
  const kind = script.kind
  app = new ChatApp({ turn: defineTurn({ run: (context) => kind.run(context as never) }), ...(busy && { busy }) })
  chat = createChatClient('http://test', { host })
  asked = []
  open = new Set()
  timers = new Set()
  losing = refusing = holding = null
  await Promise.resolve()
}

beforeEach(() => setUp())
afterEach(() => app[Symbol.asyncDispose]())

/** Somebody who looks at a conversation. */
function looker(options: ChatViewOptions = {}): ChatView & { leave: () => void; seen: ChatSnapshot[] } {
  const view = createChatView(chat, options)
  const seen: ChatSnapshot[] = []
  const leave = view.subscribe(() => seen.push(view.getSnapshot()))
  return { ...view, leave, seen }
}

function shows(view: ChatView, ...lines: readonly string[]): Promise<void> {
  return vi.waitFor(() => expect(said(view)).toEqual(lines), 5_000)
}

function said(view: ChatView): string[] {
  return view.getSnapshot().messages.map(({ role, content }) => `${role}: ${content}`)
}

function until(view: ChatView, status: ChatSnapshot['status']): Promise<void> {
  return vi.waitFor(() => expect(view.getSnapshot().status).toBe(status), 5_000)
}

/** A conversation in which this was answered. */
async function answered(view: ChatView, question: string, ...words: readonly string[]): Promise<void> {
  script.replace(...words)
  await view.sendMessage(question)
  await until(view, 'idle')
}

function chats(view: ChatView): string {
  return view.getSnapshot().conversationId ?? ''
}

describe('asking', () => {
  test('the question is there at once, the answer as it comes, and the conversation is made on the way', async () => {
    const made = vi.fn()
    const view = looker({ onConversation: made })
    const sent = view.sendMessage('Why?', { model: 'small' })
    expect(view.getSnapshot()).toMatchObject({ status: 'sending', isStreaming: true, conversationId: null })
    expect(view.getSnapshot().messages).toMatchObject([
      { role: 'user', content: 'Why?', status: 'sending', turn: null }, { role: 'assistant', content: '', status: 'sending', model: 'small' },
    ])
    const ids = view.getSnapshot().messages.map(({ id }) => id)
    await sent
    script.say({ type: 'source', title: 'Mills' }, { type: 'status', status: 'writing' }, 'Because ')
    await shows(view, 'user: Why?', 'assistant: Because ')
    await vi.waitFor(() => expect(view.getSnapshot()).toMatchObject({ status: 'streaming', connection: 'live', content: 'Because ', stage: { status: 'writing' } }))
    script.say('it turns.')
    script.end()
    await until(view, 'idle')
    expect(view.getSnapshot()).toMatchObject({ isStreaming: false, content: 'Because it turns.', sources: [{ title: 'Mills' }], error: null })
    expect(view.getSnapshot().messages.map(({ id, status }) => [id, status])).toEqual([[ids[0], 'sent'], [ids[1], 'completed']])
    expect(made.mock.calls).toEqual([[chats(view)]])
    expect((await app.turns(chats(view))).turns).toMatchObject([{ query: 'Why?', model: 'small', content: 'Because it turns.' }])
  })

  test('white space is no question', async () => {
    const view = looker()
    await view.sendMessage(' \n')
    expect([view.getSnapshot().messages, asked]).toEqual([[], []])
  })

  test.each(['POST /chat/conversations', 'POST /chat/conversations/ID/turns'])('%s: an answer that is lost is asked for again, and nothing is asked twice', async (what) => {
    const view = looker()
    losing = what
    await answered(view, 'Why?', 'So.')
    expect([script.starts, said(view)]).toEqual([1, ['user: Why?', 'assistant: So.']])
    expect((await app.conversations()).conversations).toHaveLength(1)
    expect(asked.filter((one) => one === what)).toHaveLength(2)
  })

  test('what did not change is the same object', async () => {
    const view = looker()
    await answered(view, 'one', 'first')
    const before = view.getSnapshot().messages
    script.replace()
    await answered(view, 'two', 'second', ' and third')
    const after = view.getSnapshot().messages
    expect(after).toHaveLength(4)
    expect([after[0], after[1]]).toEqual([before[0], before[1]])
    for (const at of [0, 1]) expect(after[at]).toBe(before[at])
  })

  test('while another is answered it is refused, stays, and can be sent again', async () => {
    const view = looker()
    await view.sendMessage('one')
    script.say('first')
    await shows(view, 'user: one', 'assistant: first')
    await view.sendMessage('two')
    const { messages, error, status } = view.getSnapshot()
    expect([messages.length, messages[2]?.status, messages[2]?.error?.code, error?.code, status]).toEqual([3, 'unsent', 'busy', 'busy', 'streaming'])
    script.end()
    await until(view, 'failed')
    await view.resend(messages[2]!.id)
    await shows(view, 'user: one', 'assistant: first', 'user: two', 'assistant: first')
    expect(view.getSnapshot().error).toBe(null)
  })

  test('a question the server does not take can be sent again under the same key', async () => {
    const view = looker()
    const ask = vi.spyOn(chat, 'ask').mockRejectedValueOnce(new TypeError('no way out'))
    await view.sendMessage('Why?')
    const [question] = view.getSnapshot().messages
    expect(view.getSnapshot()).toMatchObject({ status: 'failed', error: { code: 'internal' } })
    expect([view.getSnapshot().messages.length, question?.status]).toEqual([1, 'unsent'])
    script.replace('So.')
    await view.resend(question!.id)
    await shows(view, 'user: Why?', 'assistant: So.')
    expect(ask.mock.calls.map(([, { key }]) => key === ask.mock.calls[0]![1].key)).toEqual([true, true])
    expect((await app.conversations()).conversations).toHaveLength(1)
  })

  test('an answer that failed says why', async () => {
    const view = looker()
    await view.sendMessage('Why?')
    script.say('so')
    script.fail(new PublicError('dry', 'No water.'))
    await until(view, 'failed')
    expect(view.getSnapshot()).toMatchObject({ error: { code: 'dry', message: 'No water.' }, content: 'so' })
    expect(view.getSnapshot().messages[1]).toMatchObject({ status: 'failed', error: { code: 'dry' } })
  })

  test('queued questions are answered in their order, over one connection', async () => {
    await app[Symbol.asyncDispose]()
    await setUp('queue')
    const view = looker()
    await view.sendMessage('one')
    script.say('first')
    await shows(view, 'user: one', 'assistant: first')
    await view.sendMessage('two')
    expect(view.getSnapshot().messages[3]?.status).toMatch(/queued|running/)
    expect(view.getSnapshot().content).toBe('')
    script.end()
    await shows(view, 'user: one', 'assistant: first', 'user: two', 'assistant: first')
    await until(view, 'idle')
  })

  test('where questions join, the one that is answered is shown', async () => {
    await app[Symbol.asyncDispose]()
    await setUp('join')
    const view = looker()
    await view.sendMessage('one')
    script.say('first')
    await shows(view, 'user: one', 'assistant: first')
    await view.sendMessage('two')
    await shows(view, 'user: one', 'assistant: first')
    const other = looker({ conversationId: chats(view) })
    await other.sendMessage('three')
    await shows(other, 'user: one', 'assistant: first')
    expect(script.starts).toBe(1)
  })
})

describe('stopping', () => {
  test('an answer stops for everybody, and what it said stays', async () => {
    const view = looker()
    await view.sendMessage('Why?')
    script.say('so far')
    await shows(view, 'user: Why?', 'assistant: so far')
    await view.stop()
    await until(view, 'idle')
    expect(view.getSnapshot().messages[1]).toMatchObject({ status: 'cancelled', content: 'so far' })
    expect((await app.turns(chats(view))).turns[0]?.status).toBe('cancelled')
  })

  test('a question on its way is stopped as soon as it is taken', async () => {
    const view = looker()
    const { promise: until, resolve: release } = withResolvers()
    holding = { what: 'POST /chat/conversations/ID/turns', until }
    const sent = view.sendMessage('Why?')
    await vi.waitFor(() => expect(script.starts).toBe(1))
    await view.stop()
    release()
    await sent
    await vi.waitFor(() => expect(view.getSnapshot()).toMatchObject({ status: 'idle', messages: [{ status: 'sent' }, { status: 'cancelled' }] }))
  })

  test('a question that is not on its way yet is not sent', async () => {
    const view = looker()
    const sent = view.sendMessage('Why?')
    await view.stop()
    await sent
    expect(view.getSnapshot().messages.map(({ status }) => status)).toEqual(['unsent'])
    expect([view.getSnapshot().status, script.starts]).toEqual(['idle', 0])
  })
})

describe('answering anew', () => {
  test('another answer takes the place of one, at once, and is there after a load', async () => {
    const view = looker()
    await answered(view, 'one', 'first')
    await answered(view, 'two', 'second')
    script.replace('better')
    const again = view.regenerate({ model: 'large' })
    expect(said(view)).toEqual(['user: one', 'assistant: first', 'user: two', 'assistant: '])
    await again
    await until(view, 'idle')
    const lines = ['user: one', 'assistant: first', 'user: two', 'assistant: better']
    expect(said(view)).toEqual(lines)
    expect(view.getSnapshot().messages[3]).toMatchObject({ model: 'large' })
    await shows(looker({ conversationId: chats(view) }), ...lines)
  })

  test('refused, what was there comes back', async () => {
    const view = looker()
    await answered(view, 'one', 'first')
    const before = view.getSnapshot().messages
    const ask = vi.spyOn(chat, 'ask').mockRejectedValueOnce(new TypeError('no way out'))
    await view.regenerate()
    expect(view.getSnapshot()).toMatchObject({ status: 'failed', error: { code: 'internal' } })
    expect(view.getSnapshot().messages).toEqual(before)
    script.replace('better')
    await view.regenerate()
    await shows(view, 'user: one', 'assistant: better')
    expect(ask.mock.calls[0]![1].key).toBe(ask.mock.calls[1]![1].key)
  })

  test('an answer that was stopped goes on, and never shows less than it did', async () => {
    const view = looker()
    await view.sendMessage('Why?')
    script.say('so far')
    await shows(view, 'user: Why?', 'assistant: so far')
    await view.stop()
    await until(view, 'idle')
    script.replace(', and further')
    view.seen.length = 0
    await view.continueAnswer()
    await shows(view, 'user: Why?', 'assistant: so far, and further')
    for (const { content } of view.seen) expect(content).toMatch(/^so far/)
  })

  test('an edited question leaves behind what followed it', async () => {
    const view = looker()
    await answered(view, 'one', 'first')
    await answered(view, 'two', 'second')
    script.replace('other')
    await view.edit(view.getSnapshot().messages[0]!.id, 'one, but better')
    await until(view, 'idle')
    await shows(view, 'user: one, but better', 'assistant: other')
    await shows(looker({ conversationId: chats(view) }), 'user: one, but better', 'assistant: other')
  })
})

describe('coming back', () => {
  test('an answer under way is read on', async () => {
    const first = looker()
    await first.sendMessage('Why?')
    script.say('so ')
    await shows(first, 'user: Why?', 'assistant: so ')
    const second = looker({ conversationId: chats(first) })
    expect(second.getServerSnapshot()).toMatchObject({ status: 'loading', messages: [] })
    await shows(second, 'user: Why?', 'assistant: so ')
    await until(second, 'streaming')
    script.say('far')
    script.end()
    for (const view of [first, second]) {
      await shows(view, 'user: Why?', 'assistant: so far')
      await until(view, 'idle')
    }
    expect(script.starts).toBe(1)
  })

  test('who leaves stops nothing, and leaves no connection and no timer behind', async () => {
    const view = looker()
    await view.sendMessage('Why?')
    script.say('so ')
    await shows(view, 'user: Why?', 'assistant: so ')
    view.leave()
    await vi.waitFor(() => expect([open.size, timers.size]).toEqual([0, 0]))
    script.say('far')
    script.end()
    await vi.waitFor(async () => expect((await app.turns(chats(view))).turns[0]?.status).toBe('completed'))
    expect(said(view)).toEqual(['user: Why?', 'assistant: so '])
    view.subscribe(() => undefined)
    await shows(view, 'user: Why?', 'assistant: so far')
  })

  test('left while its history is on the way, it asks anew', async () => {
    const first = looker()
    await answered(first, 'one', 'first')
    const view = createChatView(chat, { conversationId: chats(first) })
    view.subscribe(() => undefined)()
    await Promise.resolve()
    await Promise.resolve()
    view.subscribe(() => undefined)
    await shows(view, 'user: one', 'assistant: first')
  })

  test('what another tab asked is there after a look', async () => {
    const first = looker()
    await answered(first, 'one', 'first')
    const second = looker({ conversationId: chats(first) })
    await shows(second, 'user: one', 'assistant: first')
    const before = second.getSnapshot().messages
    await answered(first, 'two', 'second')
    await second.reconnect()
    await shows(second, 'user: one', 'assistant: first', 'user: two', 'assistant: second')
    expect(second.getSnapshot().messages[0]).toBe(before[0])
  })

  test('earlier messages come by the page', async () => {
    const first = looker()
    for (let at = 0; at < 25; at += 1) await app.answered(chats(first) || (await seeded(first)), `question ${String(at)}`)
    const view = looker({ conversationId: chats(first) })
    await vi.waitFor(() => expect(view.getSnapshot().hasEarlier).toBe(true))
    const shown = view.getSnapshot().messages
    await view.loadEarlier()
    const { messages, hasEarlier } = view.getSnapshot()
    expect([hasEarlier, messages.length]).toEqual([false, 52])
    expect(messages.slice(-shown.length)).toEqual(shown)
    expect(messages.at(-1)).toBe(shown.at(-1))
  })

  test('a conversation that is not there is an error to show', async () => {
    const view = looker({ conversationId: 'AAAAAAAAAAAAAAAAAAAAA_.AAAAAAAAAAAAAAAAAAAAA_' })
    await until(view, 'failed')
    expect(view.getSnapshot().error?.code).toBe('not_found')
  })

  test('an answer that cannot be read says so, and is read on when asked', async () => {
    const view = looker()
    refusing = 'GET /runs/ID'
    await view.sendMessage('Why?')
    script.say('so')
    await until(view, 'failed')
    expect(view.getSnapshot()).toMatchObject({ error: { code: 'forbidden' }, connection: 'failed' })
    await view.reconnect()
    await shows(view, 'user: Why?', 'assistant: so')
    expect(view.getSnapshot()).toMatchObject({ status: 'streaming', error: null })
  })
})

async function seeded(view: ChatView): Promise<string> {
  script.replace('so')
  await view.sendMessage('seed')
  await until(view, 'idle')
  return chats(view)
}

function withResolvers(): { readonly promise: Promise<void>; readonly resolve: () => void } {
  let resolve = (): void => undefined
  const promise = new Promise<void>((done) => {
    resolve = done
  })
  return { promise, resolve }
}
