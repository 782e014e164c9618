import type { Chunk } from '../../format/bytes.ts'
import { framesMessage } from '../../format/websocket.ts'
import type { ServerMessage } from '../../protocol/socket.ts'
import type { Sink, SinkControl, StreamBody } from '../sink.ts'
import { HIGH_WATER } from './queue.ts'
import type { Socket } from './socket.ts'

/** One stream among those a socket carries. */
export class SocketFollow implements Sink {
  readonly #ref: string
  readonly #socket: Socket
  readonly #say: (message: ServerMessage) => void
  #control: SinkControl | null = null
  /** Its reader asked for nothing more. */
  #paused = false
  #full = false

  constructor(ref: string, socket: Socket, say: (message: ServerMessage) => void) {
    this.#ref = ref
    this.#socket = socket
    this.#say = say
  }

  open(stream: StreamBody): void {
    this.#control = stream.open(this)
  }

  write({ body }: Chunk): boolean {
    this.#socket.send(framesMessage(this.#ref, body))
    this.#full = this.#paused || this.#socket.buffered >= HIGH_WATER
    return !this.#full
  }

  end(): void {
    this.#say({ type: 'end', ref: this.#ref })
  }

  reset(): void {
    this.#say({ type: 'cut', ref: this.#ref })
  }

  pause(): void {
    this.#paused = true
  }

  resume(): void {
    this.#paused = false
    this.drain()
  }

  /** Goes on where there is room, for this reader and on the socket. */
  drain(): void {
    if (!this.#full || this.#paused || this.#socket.buffered >= HIGH_WATER) return
    this.#full = false
    this.#control?.drain()
  }

  /** Its reader has left. */
  leave(): void {
    this.#control?.close()
  }
}
