import type { Chunk } from '../../format/bytes.ts'
import type { Sink, SinkControl, StreamBody } from '../sink.ts'
import { HIGH_WATER } from './queue.ts'
import type { Socket } from './socket.ts'

/** How a stream stands in a socket's messages. */
export interface Carriage {
  readonly frames: (bytes: Uint8Array) => void
  readonly end: () => void
  readonly cut: () => void
}

/** One stream among those a socket carries. */
export class SocketFollow implements Sink {
  readonly #socket: Socket
  readonly #carriage: Carriage
  #control: SinkControl | null = null
  /** Its reader asked for nothing more. */
  #paused = false
  #full = false

  constructor(socket: Socket, carriage: Carriage) {
    this.#socket = socket
    this.#carriage = carriage
  }

  open(stream: StreamBody): void {
    this.#control = stream.open(this)
  }

  write({ body }: Chunk): boolean {
    this.#carriage.frames(body)
    this.#full = this.#paused || this.#socket.buffered >= HIGH_WATER
    return !this.#full
  }

  end(): void {
    this.#carriage.end()
  }

  reset(): void {
    this.#carriage.cut()
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
