import type { StreamFormat } from '../server/stream/format.ts'
import { mannerOf, responseOf, type StreamOptions } from '../server/stream/response.ts'
import { OpenSource, type StreamSource } from '../server/stream/source.ts'
import { SourceStream } from '../server/stream/source-stream.ts'

/** A source that is not sent yet. */
export interface ScopedStream {
  /** The response, which from now on closes the source when it is over. Called once. */
  readonly response: () => Response
}

/**
 * Opens a stream for the length of a call, and always closes its source: at once where the call throws or
 * makes no response of it, else when the response is over. (`await using` could not tell these apart.)
 */
export async function withStream<T>(
  source: StreamSource, options: StreamOptions & { readonly format: StreamFormat }, use: (stream: ScopedStream) => T | Promise<T>,
): Promise<T> {
  const { format } = options
  const stream = new SourceStream(new OpenSource(source), mannerOf(format, options))
  const sent: Response[] = []
  try {
    const result = await use({
      response() {
        const response = responseOf(stream, format, options)
        sent.push(response)
        return response
      },
    })
    if (sent.length === 0) stream.discard()
    return result
  } catch (error) {
    stream.discard()
    throw error
  }
}
