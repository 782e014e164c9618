import { ByteWriter } from '../../format/bytes.ts'
import { sse } from '../../format/sse.ts'
import { CONTENT_TYPE, EVENT_STREAM } from '../../protocol/headers.ts'
import type { ServerMessage, SocketFrame } from '../../protocol/socket.ts'
import type { Exchange } from './link.ts'

/**
 * One follow of a socket as the event stream it would have been over HTTP, so that everything above
 * stays the same. What a slow reader has not taken is bounded: then the follow is paused. It ends
 * the same way however it ends: what was cut shows by its missing terminal entry.
 */
export class FollowBody implements UnderlyingDefaultSource<Uint8Array> {
  readonly #exchange: Exchange
  readonly #maxBuffered: number
  #controller: ReadableStreamDefaultController<Uint8Array> | null = null
  #paused = false
  readonly response: Response

  /** @param maxBuffered bytes kept for the reader before the server is asked to wait; at half of them it goes on */
  constructor(exchange: Exchange, maxBuffered: number) {
    this.#exchange = exchange
    this.#maxBuffered = maxBuffered
    // Begun at once: the first frames may be in the same packet as the word that they follow.
    const stream = new ReadableStream(this, { highWaterMark: maxBuffered, size: (chunk) => chunk.length })
    this.response = new Response(stream, { headers: { [CONTENT_TYPE]: EVENT_STREAM } })
  }

  start(controller: ReadableStreamDefaultController<Uint8Array>): void {
    this.#controller = controller
  }

  pull({ desiredSize }: ReadableStreamDefaultController<Uint8Array>): void {
    if (!this.#paused || (desiredSize ?? 0) < this.#maxBuffered / 2) return
    this.#paused = false
    this.#exchange.say('resume')
  }

  /** The reader has left. */
  cancel(): void {
    this.#unfollow()
  }

  /** Whoever asked has left: a read that waits is answered. */
  leave(): void {
    const controller = this.#controller
    this.#unfollow()
    controller?.close()
  }

  receive(message: ServerMessage | null): void {
    if (message?.type === 'frames') this.#add(message.frames)
    else if (message?.type === 'heartbeat') this.#write((out) => out.raw(sse.heartbeat ?? new Uint8Array()))
    else {
      const controller = this.#controller
      this.#end()
      controller?.close()
    }
  }

  #add(frames: readonly SocketFrame[]): void {
    this.#write((out) => {
      for (const { cursor = null, event = null, data } of frames) sse.frame(out, { cursor, event, data: JSON.stringify(data) })
    })
    if (this.#paused || (this.#controller?.desiredSize ?? 1) > 0) return
    this.#paused = true
    this.#exchange.say('pause')
  }

  #write(put: (out: ByteWriter) => void): void {
    const out = new ByteWriter()
    put(out)
    this.#controller?.enqueue(out.take().body)
  }

  #unfollow(): void {
    if (this.#controller === null) return
    this.#exchange.say('unfollow')
    this.#end()
  }

  #end(): void {
    this.#controller = null
    this.#exchange.over()
  }
}
