import { PublicError } from '../event/error.ts'
import { sse } from '../format/sse.ts'
import type { Logger } from '../run/logger.ts'
import { streamingResponse } from '../server/body.ts'
import type { Coding } from '../server/compress.ts'
import type { Fill } from '../server/stream/outlet.ts'
import { mannerOf, responseOf } from '../server/stream/response.ts'
import { OpenSource, type StreamSource } from '../server/stream/source.ts'
import { SourceStream } from '../server/stream/source-stream.ts'
import { SseMessages } from './sse-messages.ts'

export interface StreamConfig {
  /** Silence after which a heartbeat is sent, in ms. `null`: none. */
  readonly heartbeat: number | null
  /** After so many ms the stream fails. `null`: never. */
  readonly timeLimit: number | null
  /** The first comment. `null`: none. */
  readonly initialMessage: string | null
  /** The last comment, also after an error. `null`: none. */
  readonly closeMessage: string | null
  /** Tells the reader of an error, as a comment: its public part, and no more. */
  readonly debug: boolean
  /** What a response may be compressed in, best first: `compression` of `millrace/node`. Default: not at all. */
  readonly compress: readonly Coding[]
  readonly logger: Logger
}

const DEFAULTS: StreamConfig = {
  heartbeat: 30_000, timeLimit: null, initialMessage: 'Connected', closeMessage: 'Connection closed', debug: false, compress: [], logger: console,
}

/** Server-sent events from a source, for pages that listen with htmx or `EventSource`. */
export class SseStream {
  readonly config: StreamConfig
  readonly #open = new Set<SourceStream>()
  #count = 0

  constructor(config: Partial<StreamConfig>) {
    // What is `undefined` is not said.
    this.config = { ...DEFAULTS, ...Object.fromEntries(Object.entries<unknown>(config).filter(([, value]) => value !== undefined)) }
  }

  /** Whether anything is being streamed. */
  get active(): boolean {
    return this.#open.size > 0
  }

  /** How many messages were sent; comments and heartbeats do not count. */
  get messageCount(): number {
    return this.#count
  }

  /**
   * The stream as text, a message at a time; the source's error is thrown after the close message.
   * @param transform what is sent instead of each value, now or later; `undefined` sends nothing
   */
  stream<T>(source: StreamSource<T>, transform?: (value: T) => unknown): SseMessages {
    let failure: unknown
    const stream = this.#create(source, transform, (error) => (failure = error))
    return new SseMessages(streamingResponse(stream, {}), () => failure)
  }

  /**
   * The same as a response.
   * @param request whose leaving closes the source, and which may take the response compressed
   */
  response<T>(source: StreamSource<T>, transform?: (value: T) => unknown, request?: Request): Response {
    return responseOf(this.#create(source, transform), 'sse', request ? { request, compress: this.config.compress } : {})
  }

  /** Ends what is being streamed, with the close message. */
  stop(): void {
    for (const stream of [...this.#open]) stream.stop()
    this.#open.clear()
  }

  #create<T>(source: StreamSource<T>, transform?: (value: T) => unknown, onError?: (error: unknown) => void): SourceStream {
    const { debug } = this.config
    const stream: SourceStream = new SourceStream(new OpenSource(source, transform), {
      // Nothing is pulled ahead, so that no two messages share a chunk.
      ...mannerOf('sse', { ...this.config, bufferSize: 0 }),
      tell: (error) => {
        this.#open.delete(stream)
        onError?.(error)
        return debug ? remark(error) : null
      },
      observers: [{
        started: () => this.#open.add(stream),
        item: () => (this.#count += 1),
        ended: () => this.#open.delete(stream),
      }],
    })
    return stream
  }
}

export function createSseStream(config: Partial<StreamConfig> = {}): SseStream {
  return new SseStream(config)
}

function remark(error: unknown): Fill {
  const text = error instanceof PublicError ? `error ${error.code}: ${error.message}` : 'error internal: Something went wrong here.'
  return (out) => sse.comment?.(out, text)
}
