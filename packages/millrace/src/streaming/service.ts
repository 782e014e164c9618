import type { ItemFeed } from '../server/progress/contract.ts'
import type { StreamFormat } from '../server/stream/format.ts'
import type { StreamEnding } from '../server/stream/observer.ts'
import { mannerOf, responseOf, streamResponse, type StreamingConfig, type StreamOptions } from '../server/stream/response.ts'
import { OpenSource, type StreamSource } from '../server/stream/source.ts'
import { SourceStream } from '../server/stream/source-stream.ts'
import { withItem, type ItemTracker } from './item.ts'
import { streamToWebSocket, type OpenWebSocket, type WebSocketStreamOptions } from './web-socket.ts'

/** What a response of one family may be asked for. */
export type FamilyOptions<Format extends StreamFormat> = Omit<ServiceOptions, 'format'> & { readonly format?: Format }

export interface ServiceOptions extends StreamOptions {
  /** The stream is an item of progress: each value counts one, and it ends as the stream does. Needs the service's `tracker`. */
  readonly progress?: ItemFeed
}

export interface StreamingServiceOptions {
  /** What holds wherever a call does not say otherwise. */
  readonly defaults?: StreamingConfig
  /** Of `millrace/progress`: moves the items that streams are. */
  readonly tracker?: ItemTracker
}

/** Responses that stream, in every format, with one set of defaults. */
export interface StreamingService {
  /** In the format the request or the first value asks for. */
  readonly createResponse: (source: StreamSource, options?: ServiceOptions) => Promise<Response>
  readonly createTextResponse: (source: StreamSource, options?: FamilyOptions<'text'>) => Response
  /** One array; or, with `format: 'ndjson'`, a value a line. */
  readonly createJsonResponse: (source: StreamSource, options?: FamilyOptions<'json' | 'ndjson'>) => Response
  readonly createSseResponse: (source: StreamSource, options?: FamilyOptions<'sse'>) => Response
  /** Raw bytes; or, with `format: 'framed'`, each value whole behind its length. */
  readonly createBinaryResponse: (source: StreamSource, options?: FamilyOptions<'binary' | 'framed'>) => Response
  /** As messages of a socket that is open. Resolves when it is over, to how. */
  readonly streamToWebSocket: (socket: OpenWebSocket, source: StreamSource, options?: WebSocketStreamOptions & Pick<ServiceOptions, 'progress'>) => Promise<StreamEnding>
}

export function createStreamingService({ defaults = {}, tracker }: StreamingServiceOptions = {}): StreamingService {
  const { format: _any, ...shared } = defaults
  return {
    createResponse: async (source, options) => streamResponse(source, { ...defaults, ...options, ...observed(options, tracker) }),
    createTextResponse: (source, options) => streamAs('text', source, { ...shared, ...options, ...observed(options, tracker) }),
    createJsonResponse: (source, options) => streamAs(options?.format ?? 'json', source, { ...shared, ...options, ...observed(options, tracker) }),
    createSseResponse: (source, options) => streamAs('sse', source, { ...shared, ...options, ...observed(options, tracker) }),
    createBinaryResponse: (source, options) => streamAs(options?.format ?? 'binary', source, { ...shared, ...options, ...observed(options, tracker) }),
    streamToWebSocket: async (socket, source, options) => streamToWebSocket(socket, source, { ...shared, ...options, ...observed(options, tracker) }),
  }
}

/** One observer more, where the stream is an item. */
function observed({ observers = [], progress }: Pick<ServiceOptions, 'observers' | 'progress'> = {}, tracker: ItemTracker | undefined): Pick<StreamOptions, 'observers'> {
  return { observers: withItem(observers, progress ?? null, tracker) }
}

/** The format is known: nothing has to wait for the first value. */
function streamAs(format: StreamFormat, source: StreamSource, options: StreamOptions): Response {
  return responseOf(new SourceStream(new OpenSource(source), mannerOf(format, options)), format, options)
}
