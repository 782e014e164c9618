import {
  createChat, conversation, defineTurn, type Busy, type ConversationInfo, type ConversationList, type Sessions, type TurnContext,
  type TurnInput, type TurnList, type TurnReply,
} from '../../packages/millrace/src/chat/index.ts'
import type { RunDefinition, Said } from '../../packages/millrace/src/index.ts'
import { posting, testApp, type TestApp, type TestAppOptions } from './app.ts'
import { until } from './run/faulty.ts'

export type Turning = (context: TurnContext) => AsyncGenerator<Said, unknown, undefined>

export interface ChatAppOptions extends Omit<TestAppOptions, 'runs' | 'routes'> {
  readonly turn?: Turning | RunDefinition<TurnInput, unknown>
  readonly busy?: Busy
  /** Who asks is whom a session names, or else `X-User`. */
  readonly sessions?: Sessions
}

/** An app with a chat at `/chat`, asked by `ada` unless `X-User` says another. */
export class ChatApp implements AsyncDisposable {
  readonly server: TestApp

  constructor({ turn = answered, busy, sessions, ...options }: ChatAppOptions = {}) {
    const kind = typeof turn === 'function' ? defineTurn({ run: turn }) : turn
    this.server = testApp({
      ...(sessions && { authenticate: sessions.authenticate }),
      ...options,
      runs: { conversation, turn: kind },
      routes: { '/chat': createChat({ kind: 'turn', ...(busy && { busy }), ...(sessions && { sessions }) }) },
    })
  }

  request(path: string, init?: RequestInit): Promise<Response> {
    return this.server.ask(`/chat${path}`, init)
  }

  async start(title?: string): Promise<string> {
    const response = await this.request('/conversations', posting(title === undefined ? {} : { title }))
    return ((await response.json()) as ConversationInfo).conversationId
  }

  /** The answer's stream, or what was answered instead. */
  ask(conversation: string, body: unknown, headers: Readonly<Record<string, string>> = {}): Promise<Response> {
    return this.request(`/conversations/${conversation}/turns`, posting(typeof body === 'string' ? { query: body } : body, headers))
  }

  async begin(conversation: string, body: unknown, headers: Readonly<Record<string, string>> = {}): Promise<TurnReply> {
    const response = await this.ask(conversation, body, { Prefer: 'respond-async', ...headers })
    if (response.status > 202) throw new Error(`a question was answered ${String(response.status)}: ${await response.text()}`)
    return (await response.json()) as TurnReply
  }

  /** Asks, and waits for the answer. @returns the turn's id */
  async answered(conversation: string, body: unknown, headers: Readonly<Record<string, string>> = {}): Promise<string> {
    const { id } = await this.begin(conversation, body, headers)
    await this.ended(id)
    return id
  }

  async ended(turn: string): Promise<void> {
    await until(async () => (await this.server.store.find(turn))?.endedAt != null, 'the end of an answer')
  }

  async turns(conversation: string, query = ''): Promise<TurnList> {
    return (await (await this.request(`/conversations/${conversation}/turns${query}`)).json()) as TurnList
  }

  async conversations(query = ''): Promise<ConversationList> {
    return (await (await this.request(`/conversations${query}`)).json()) as ConversationList
  }

  cancel(turn: string): Promise<Response> {
    return this.server.ask(`/runs/${turn}/signals`, posting({ type: 'cancel' }))
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.server.app.close()
  }
}

/** Says what it was asked, in two pieces. */
async function* answered({ query }: TurnContext): AsyncGenerator<Said, unknown, undefined> {
  yield 'You said: '
  yield await Promise.resolve(query)
  return null
}

/** Says one word, and waits until it is cancelled, unless the question says `quick`. */
export async function* patient({ query, signal }: TurnContext): AsyncGenerator<Said, unknown, undefined> {
  yield `About ${query}`
  if (!query.startsWith('quick')) await new Promise((resolve) => signal.addEventListener('abort', resolve))
  return null
}
