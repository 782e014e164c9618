import type { UiChunk } from '../../dialect/ai-sdk-chunk.ts'
import type { RunStatus } from '../../event/run-event.ts'
import { ACCEPT, CONTENT_TYPE, EVENT_STREAM, IDEMPOTENCY_KEY, JSON_TYPE } from '../../protocol/headers.ts'
import { SIGNALS } from '../../protocol/routes.ts'
import type { SignalReply, SignalRequest } from '../../protocol/wire.ts'
import { newKey } from '../key.ts'
import { call, send, type Access } from '../request.ts'
import { AnswerStream, type Asking } from './answer-stream.ts'

export interface ChatTransportOptions extends Access {
  /** The address of the route, without a query. Default `/api/chat`. */
  readonly api?: string
  /**
   * What `stop()` of `useChat` does: by default it cancels the run, wherever that is; `leave`: the page only stops to
   * read. A hook that created its chat calls it too when it goes away.
   */
  readonly stop?: 'cancel' | 'leave'
}

/** What `useChat` tells a transport of every request; a part of the AI SDK’s `ChatRequestOptions`. */
interface Asked {
  readonly chatId: string
  readonly abortSignal?: AbortSignal | undefined
  readonly headers?: Record<string, string> | Headers | undefined
  readonly body?: object | undefined
}

export interface SendMessages extends Asked {
  readonly trigger: 'submit-message' | 'regenerate-message'
  readonly messageId: string | undefined
  readonly messages: readonly unknown[]
}

/** A `ChatTransport` of the AI SDK. */
export interface ChatTransport {
  /** A page that was loaded again is given the answer from its beginning. */
  readonly resumeStreamIsReplay: true
  readonly sendMessages: (options: SendMessages) => Promise<ReadableStream<UiChunk>>
  readonly reconnectToStream: (options: Asked) => Promise<ReadableStream<UiChunk> | null>
  /** Sends the chat’s run what it asks for, an approval say, while its answer is open. @throws MillraceError `not_found`, `invalid_input` */
  readonly signal: (chatId: string, signal: SignalRequest) => Promise<RunStatus>
  /** Cancels the chat’s run, for every reader. `null` where there never was one. */
  readonly cancel: (chatId: string) => Promise<RunStatus | null>
}

/**
 * The newest answer of each chat, by its address. Of the whole page: whoever makes a transport anew with
 * every rendering has many of them.
 */
const newest = new Map<string, AnswerStream>()

/**
 * A transport for `useChat` that goes on where it was after a cut, without a gap or a word twice, also where
 * the server died meanwhile, and that stops the work itself.
 */
export function createChatTransport(options: ChatTransportOptions = {}): ChatTransport {
  return new Transport(options)
}

class Transport implements ChatTransport {
  readonly resumeStreamIsReplay = true
  readonly #api: string
  readonly #stops: boolean
  readonly #access: Access

  constructor({ api = '/api/chat', stop = 'cancel', ...access }: ChatTransportOptions) {
    this.#api = api.replace(/\/$/, '')
    this.#stops = stop === 'cancel'
    this.#access = access
  }

  async sendMessages(asked: SendMessages): Promise<ReadableStream<UiChunk>> {
    const { chatId, trigger, messageId, messages, body } = asked
    const sent = JSON.stringify({ ...body, id: chatId, messages, trigger, messageId })
    // Repeated until it is answered, it is answered once.
    const headers = { ...headersOf(asked), [IDEMPOTENCY_KEY]: newKey(), [CONTENT_TYPE]: JSON_TYPE }
    const stream = this.#answer(asked, (signal) => send(absolute(this.#api), { headers, body: sent, signal }, this.#access))
    return (await this.#open(stream, asked)) ?? new ReadableStream({ start: (controller) => controller.close() })
  }

  reconnectToStream(asked: Asked): Promise<ReadableStream<UiChunk> | null> {
    const url = this.#address(asked.chatId, '/stream')
    return this.#open(this.#answer(asked, (signal) => send(url, { headers: headersOf(asked), signal }, this.#access)), asked)
  }

  async signal(chatId: string, signal: SignalRequest): Promise<RunStatus> {
    const url = this.#address(chatId, SIGNALS, newest.get(this.#address(chatId))?.run)
    return (await call<SignalReply>(url, { body: { id: newKey(), ...signal } }, this.#access)).status
  }

  cancel(chatId: string): Promise<RunStatus | null> {
    return this.#stop(chatId, newest.get(this.#address(chatId))?.run)
  }

  #answer(asked: Asked, begin: Asking['begin']): AnswerStream {
    const { host } = this.#access
    const resume: Asking['resume'] = (run, place, signal) => {
      const headers = { ...headersOf(asked), ...place }
      return send(this.#address(asked.chatId, '/stream', run), { headers, signal }, this.#access)
    }
    return new AnswerStream({ begin, resume, ...(host && { host }) })
  }

  /** `null` where there is nothing to read. */
  async #open(stream: AnswerStream, { chatId, abortSignal }: Asked): Promise<ReadableStream<UiChunk> | null> {
    abortSignal?.throwIfAborted()
    const chat = this.#address(chatId)
    newest.set(chat, stream)
    const forget = (): void => {
      if (newest.get(chat) === stream) newest.delete(chat)
    }
    const left = new Promise<never>((_, reject) => {
      abortSignal?.addEventListener('abort', () => {
        void this.#abandon(stream, chatId).finally(forget)
        reject(abortSignal.reason as Error)
      })
    })
    // Of no interest to anybody once the answer is there.
    left.catch(() => undefined)
    try {
      if (await Promise.race([stream.begin(), left])) return stream.readable(forget)
    } catch (error) {
      if (!abortSignal?.aborted) forget()
      throw error
    }
    forget()
    return null
  }

  async #abandon(stream: AnswerStream, chatId: string): Promise<void> {
    // A chat that resumes aborts what it had and asks anew in the same turn: that is no wish to stop.
    await Promise.resolve()
    if (!this.#stops || newest.get(this.#address(chatId)) !== stream) {
      stream.leave()
      return
    }
    const run = await stream.leaveKnowing()
    // Nobody is there any more to be told that it failed.
    await this.#stop(chatId, run).catch(() => null)
  }

  async #stop(chatId: string, run: string | null | undefined): Promise<RunStatus | null> {
    return (await call<Stopped>(this.#address(chatId, '/stop', run), { body: {} }, this.#access)).status
  }

  /** Of a chat, or of what lies below it. */
  #address(chatId: string, what: string = '', run?: string | null): string {
    const query = run === undefined || run === null ? '' : `?run=${run}`
    return absolute(`${this.#api}/${encodeURIComponent(chatId)}${what}${query}`)
  }
}

interface Stopped {
  readonly status: RunStatus | null
}

/** A page may give a path, other programs give a whole URL. */
function absolute(address: string): string {
  return new URL(address, (globalThis.location as Location | undefined)?.href).href
}

function headersOf({ headers }: Asked): Record<string, string> {
  return { ...Object.fromEntries(new Headers(headers)), [ACCEPT]: EVENT_STREAM }
}
