import type { Chunk } from '../format/bytes.ts'
import { CLOSE } from '../protocol/socket.ts'
import { checkTimeLimit } from '../server/check-options.ts'
import type { Sink, SinkControl } from '../server/sink.ts'
import { HIGH_WATER, LOW_WATER } from '../server/socket/queue.ts'
import { formatOf, type StreamFormat } from '../server/stream/format.ts'
import type { StreamEnding } from '../server/stream/observer.ts'
import { mannerOf, type StreamOptions } from '../server/stream/response.ts'
import { OpenSource, type StreamSource } from '../server/stream/source.ts'
import { SourceStream } from '../server/stream/source-stream.ts'

/** A WebSocket that is open, as `ws` and most runtimes have it. */
export interface OpenWebSocket {
  readonly readyState: number
  readonly bufferedAmount: number
  send(data: string | Uint8Array<ArrayBuffer>): void
  close(code?: number): void
  addEventListener(type: 'close', listener: () => void): void
}

export interface WebSocketStreamOptions extends Pick<StreamOptions, 'timeLimit' | 'observers' | 'logger'> {
  /** Default: what fits the first value. */
  readonly format?: WebSocketFormat
}

/** Each message is one value: with `ndjson` as JSON, with `framed` and `binary` as a binary message. */
export type WebSocketFormat = Extract<StreamFormat, 'text' | 'ndjson' | 'binary' | 'framed'>

/** How often a full socket is looked at, in ms: the interface that all have does not tell when it has room. */
const LOOK_INTERVAL = 20
const DONE = 1000
/** A socket's `readyState` that no event follows any more. */
const CLOSED = 3

/**
 * Sends a source without a log as messages, as fast as they are taken, and closes the socket: with 1000
 * when all was sent, with 1011 when the source failed. The source is closed in either case, and when
 * the peer leaves. Resolves when it is over, to how.
 */
export async function streamToWebSocket(socket: OpenWebSocket, source: StreamSource, options: WebSocketStreamOptions = {}): Promise<StreamEnding> {
  checkTimeLimit(options)
  const open = new OpenSource(source)
  // Also while the first value is waited for.
  socket.addEventListener('close', () => void open.close().catch(() => undefined))
  const format = options.format ?? (await firstFormat(open))
  return new Promise((resolve) => {
    const { timeLimit = null, logger = console, observers = [] } = options
    // A socket has pings of its own; and nothing is pulled ahead, so that no two values share a message.
    const manner = mannerOf(format, { timeLimit, logger, heartbeat: null, bufferSize: 0, observers: [...observers, { ended: resolve }] })
    new WebSocketSink(socket, format === 'text' || format === 'ndjson').carry(new SourceStream(open, manner))
  })
}

/** Of a source that fails at once the stream says so itself. */
async function firstFormat(open: OpenSource): Promise<WebSocketFormat> {
  try {
    const format = formatOf((await open.first()).value)
    return format === 'binary' || format === 'ndjson' ? format : 'text'
  } catch {
    return 'text'
  }
}

const decoder = new TextDecoder()

class WebSocketSink implements Sink {
  readonly #socket: OpenWebSocket
  readonly #isText: boolean
  #control: SinkControl | null = null
  #timer: ReturnType<typeof setInterval> | undefined

  constructor(socket: OpenWebSocket, isText: boolean) {
    this.#socket = socket
    this.#isText = isText
  }

  carry(stream: SourceStream): void {
    this.#socket.addEventListener('close', () => {
      clearInterval(this.#timer)
      this.#control?.close()
    })
    this.#control = stream.open(this)
    if (this.#socket.readyState === CLOSED) this.#control.close()
  }

  write({ body }: Chunk): boolean {
    this.#socket.send(this.#isText ? decoder.decode(body) : (body as Uint8Array<ArrayBuffer>))
    if (this.#socket.bufferedAmount < HIGH_WATER) return true
    this.#timer ??= setInterval(() => this.#look(), LOOK_INTERVAL)
    return false
  }

  end(): void {
    this.#socket.close(DONE)
  }

  reset(): void {
    this.#socket.close(CLOSE.failed)
  }

  #look(): void {
    if (this.#socket.bufferedAmount > LOW_WATER) return
    clearInterval(this.#timer)
    this.#timer = undefined
    this.#control?.drain()
  }
}
