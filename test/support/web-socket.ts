import { vi } from 'vitest'
import { WebSocket, type ClientOptions } from 'ws'

type Message = Readonly<Record<string, unknown>> & { readonly type: string; readonly ref?: string | null; readonly frames?: readonly Frame[] }
interface Frame {
  readonly cursor?: string
  readonly event?: string
  readonly data: Readonly<Record<string, unknown>>
}

/** A WebSocket that speaks the protocol by hand, and remembers what it was told. */
export class TestSocket implements AsyncDisposable {
  readonly socket: WebSocket
  readonly messages: Message[] = []
  closed: { readonly code: number; readonly reason: string } | null = null

  private constructor(socket: WebSocket) {
    this.socket = socket
    socket.on('message', (data: Buffer) => this.messages.push(JSON.parse(data.toString()) as Message))
    socket.on('close', (code, reason) => (this.closed = { code, reason: reason.toString() }))
    socket.on('error', () => undefined)
  }

  /** @param url of the server; `ada` unless `headers` say another */
  static async open(url: string, headers: Readonly<Record<string, string>> = { 'X-User': 'ada' }, options: ClientOptions = {}): Promise<TestSocket> {
    const opened = new TestSocket(new WebSocket(`${url.replace('http', 'ws')}/runs`, { headers, ...options }))
    await vi.waitUntil(() => opened.socket.readyState !== WebSocket.CONNECTING)
    return opened
  }

  say(message: object): void {
    this.socket.send(JSON.stringify(message))
  }

  /** The newest message of this type (and ref), once it is there. */
  async told(type: string, ref?: string): Promise<Message> {
    return vi.waitUntil(() => this.messages.findLast((message) => message.type === type && (message.ref ?? undefined) === ref), { timeout: 10_000 })
  }

  async gone(): Promise<{ readonly code: number; readonly reason: string }> {
    return vi.waitUntil(() => this.closed, { timeout: 10_000 })
  }

  frames(ref: string): Frame[] {
    return this.messages.filter((message) => message.ref === ref).flatMap((message) => message.frames ?? [])
  }

  text(ref: string): string {
    return this.frames(ref).map(({ data }) => (data['type'] === 'delta' ? data['text'] : '')).join('')
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.socket.terminate()
    await this.gone()
  }
}
