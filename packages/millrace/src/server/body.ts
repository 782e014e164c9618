import type { Chunk } from '../format/bytes.ts'
import { BridgedRequest, type Inquiry } from './inquiry.ts'
import type { Sink, SinkControl, StreamBody } from './sink.ts'

/**
 * Which stream stands behind a Web body. It is known by its body, since that is what stays when a
 * framework makes another response of ours to change a header.
 */
const bodies = new WeakMap<ReadableStream, WebBody>()

/** What a bridge finds behind a response that it alone will see: there is no need for a body. */
const carried = new WeakMap<Response, StreamBody>()

/** @param request who asked, where it is known that the response goes back to them as it is */
export function streamingResponse(stream: StreamBody, init: ResponseInit, request?: Inquiry): Response {
  if (request instanceof BridgedRequest) {
    const response = new Response(null, init)
    carried.set(response, stream)
    return response
  }
  const body = new WebBody(stream)
  const readable = new ReadableStream(body, { highWaterMark: 0 })
  bodies.set(readable, body)
  return new Response(readable, init)
}

/**
 * Takes the stream out of a response, for a bridge that writes to its own socket: without the Web
 * stream between. `null` where the body is not ours, or was begun, packed or copied by somebody.
 */
export function takeStream(response: Response): StreamBody | null {
  const stream = carried.get(response)
  if (stream) {
    carried.delete(response)
    return stream
  }
  const { body } = response
  return body && !body.locked ? (bodies.get(body)?.take() ?? null) : null
}

/** A body that is pulled: with a high-water mark of 0 nothing is read before somebody asks. */
class WebBody implements UnderlyingDefaultSource<Uint8Array>, Sink {
  /** `null` once it is open, or was taken. */
  #stream: StreamBody | null
  #control: SinkControl | null = null
  #controller: ReadableStreamDefaultController<Uint8Array> | null = null
  #isWanted = false

  constructor(stream: StreamBody) {
    this.#stream = stream
  }

  take(): StreamBody | null {
    const stream = this.#stream
    this.#stream = null
    return stream
  }

  pull(controller: ReadableStreamDefaultController<Uint8Array>): void {
    this.#isWanted = true
    this.#controller = controller
    const stream = this.take()
    if (stream) this.#control = stream.open(this)
    else if (this.#control) this.#control.drain()
    else controller.error(new TypeError('This body was sent already.'))
  }

  cancel(): void {
    this.#control?.close()
    this.take()?.discard()
  }

  write({ body }: Chunk): boolean {
    this.#isWanted = false
    this.#controller?.enqueue(body)
    // Who reads ahead has asked for the next one by now.
    return this.#isWanted
  }

  end(): void {
    this.#controller?.close()
  }

  reset(): void {
    this.#controller?.error(new Error('The stream was cut before its end.'))
  }
}
