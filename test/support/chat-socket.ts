import { vi } from 'vitest'
import { WebSocket, type ClientOptions } from 'ws'

/** What a chat's WebSocket says. */
export interface SocketChunk {
  readonly cursor?: string
  readonly content?: string
  readonly sources?: readonly unknown[]
  readonly isComplete: boolean
  readonly error?: { readonly code: string; readonly message: string }
  readonly metadata?: { readonly type: string; readonly run?: string; readonly status?: string }
}

/** A WebSocket of a chat, spoken by hand. */
export class ChatSocket implements AsyncDisposable {
  readonly socket: WebSocket
  /** All that came but heartbeats. */
  readonly chunks: SocketChunk[] = []
  closed: { readonly code: number; readonly reason: string } | null = null

  private constructor(socket: WebSocket) {
    this.socket = socket
    socket.on('message', (data: Buffer) => {
      const chunk = JSON.parse(data.toString()) as SocketChunk
      if (chunk.metadata?.type !== 'heartbeat') this.chunks.push(chunk)
    })
    socket.on('close', (code, reason) => (this.closed = { code, reason: reason.toString() }))
    socket.on('error', () => undefined)
  }

  /** @param url of the server; `ada` unless `headers` say another */
  static async open(url: string, headers: Readonly<Record<string, string>> = { 'X-User': 'ada' }, options: ClientOptions = {}): Promise<ChatSocket> {
    const opened = new ChatSocket(new WebSocket(`${url.replace('http', 'ws')}/chat/stream`, { headers, ...options }))
    await vi.waitUntil(() => opened.socket.readyState !== WebSocket.CONNECTING)
    return opened
  }

  say(message: object): void {
    this.socket.send(JSON.stringify(message))
  }

  /** The first chunk like this from `from` on, once it is there. */
  async told(like: (chunk: SocketChunk) => boolean, from = 0): Promise<SocketChunk> {
    return vi.waitUntil(() => this.chunks.slice(from).find(like), { timeout: 10_000 })
  }

  /** The last chunk of the `n`th answer, once it is there. */
  async end(n = 1): Promise<SocketChunk> {
    return vi.waitUntil(() => this.chunks.filter(isEnd)[n - 1], { timeout: 10_000 })
  }

  async refused(code: string): Promise<SocketChunk> {
    return this.told(({ error }) => error?.code === code)
  }

  get text(): string {
    return this.chunks.map(({ content = '' }) => content).join('')
  }

  async gone(): Promise<{ readonly code: number; readonly reason: string }> {
    return vi.waitUntil(() => this.closed, { timeout: 10_000 })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.socket.terminate()
    await this.gone()
  }
}

function isEnd({ metadata }: SocketChunk): boolean {
  return metadata?.type === 'end'
}
