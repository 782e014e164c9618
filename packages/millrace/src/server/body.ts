import type { Chunk } from '../format/bytes.ts'
import type { Sink, SinkControl, StreamBody } from './sink.ts'

/**
 * Which stream stands behind a response. A bridge that knows its own socket opens the stream itself
 * and never touches the Web body; everyone else reads the body.
 */
const streams = new WeakMap<Response, StreamBody>()

/** The stream behind a response of ours, to be opened at most once; afterwards its body is dead. */
export function streamOf(response: Response): StreamBody | undefined {
  return streams.get(response)
}

export function streamingResponse(stream: StreamBody, init: ResponseInit): Response {
  const response = new Response(webBody(stream), init)
  streams.set(response, stream)
  return response
}

/** A body that is pulled: with a high-water mark of 0 nothing is read before somebody asks. */
function webBody(stream: StreamBody): ReadableStream<Uint8Array<ArrayBuffer>> {
  let control: SinkControl | null = null
  return new ReadableStream(
    {
      pull(controller) {
        if (control) control.drain()
        else control = stream.open(new WebSink(controller))
      },
      cancel() {
        if (control) control.close()
        else stream.discard()
      },
    },
    { highWaterMark: 0 },
  )
}

class WebSink implements Sink {
  readonly #controller: ReadableStreamDefaultController<Uint8Array<ArrayBuffer>>

  constructor(controller: ReadableStreamDefaultController<Uint8Array<ArrayBuffer>>) {
    this.#controller = controller
  }

  write({ body }: Chunk): boolean {
    this.#controller.enqueue(body as Uint8Array<ArrayBuffer>)
    return (this.#controller.desiredSize ?? 0) > 0
  }

  end(): void {
    this.#controller.close()
  }

  reset(): void {
    this.#controller.error(new Error('The stream was cut before its end.'))
  }
}
