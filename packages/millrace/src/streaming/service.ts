import { OpenSource, type StreamSource } from '../server/source.ts'
import { SourceStream } from '../server/source-stream.ts'
import type { StreamFormat } from '../server/stream-format.ts'
import type { StreamEnding } from '../server/stream-observer.ts'
import { mannerOf, responseOf, streamResponse, type StreamingConfig, type StreamOptions } from '../server/stream-response.ts'
import { streamToWebSocket, type OpenWebSocket, type WebSocketStreamOptions } from './web-socket.ts'

/** What a response of one family may be asked for. */
export type FamilyOptions<Format extends StreamFormat> = Omit<StreamOptions, 'format'> & { readonly format?: Format }

export interface StreamingServiceOptions {
  /** What holds wherever a call does not say otherwise. */
  readonly defaults?: StreamingConfig
}

/** Responses that stream, in every format, with one set of defaults. */
export interface StreamingService {
  /** In the format the request or the first value asks for. */
  readonly createResponse: (source: StreamSource, options?: StreamOptions) => Promise<Response>
  readonly createTextResponse: (source: StreamSource, options?: FamilyOptions<'text'>) => Response
  /** One array; or, with `format: 'ndjson'`, a value a line. */
  readonly createJsonResponse: (source: StreamSource, options?: FamilyOptions<'json' | 'ndjson'>) => Response
  readonly createSseResponse: (source: StreamSource, options?: FamilyOptions<'sse'>) => Response
  /** Raw bytes; or, with `format: 'framed'`, each value whole behind its length. */
  readonly createBinaryResponse: (source: StreamSource, options?: FamilyOptions<'binary' | 'framed'>) => Response
  /** As messages of a socket that is open. Resolves when it is over, to how. */
  readonly streamToWebSocket: (socket: OpenWebSocket, source: StreamSource, options?: WebSocketStreamOptions) => Promise<StreamEnding>
}

export function createStreamingService({ defaults = {} }: StreamingServiceOptions = {}): StreamingService {
  const { format: _any, ...shared } = defaults
  return {
    createResponse: (source, options) => streamResponse(source, { ...defaults, ...options }),
    createTextResponse: (source, options) => streamAs('text', source, { ...shared, ...options }),
    createJsonResponse: (source, options) => streamAs(options?.format ?? 'json', source, { ...shared, ...options }),
    createSseResponse: (source, options) => streamAs('sse', source, { ...shared, ...options }),
    createBinaryResponse: (source, options) => streamAs(options?.format ?? 'binary', source, { ...shared, ...options }),
    streamToWebSocket: (socket, source, options) => streamToWebSocket(socket, source, { ...shared, ...options }),
  }
}

/** The format is known: nothing has to wait for the first value. */
function streamAs(format: StreamFormat, source: StreamSource, options: StreamOptions): Response {
  return responseOf(new SourceStream(new OpenSource(source), mannerOf(format, options)), format, options)
}
