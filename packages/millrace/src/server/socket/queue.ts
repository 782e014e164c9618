import type { Socket } from './socket.ts'

/** Bytes that may wait for a reader before nothing is added for it; from half of that on it goes on. */
export const HIGH_WATER: number = 256 * 1024
export const LOW_WATER: number = HIGH_WATER / 2

/** So many messages wait before the socket is read no further. */
const MAX_WAITING = 64

/**
 * Does what a socket's messages ask one after another, and only while what it answers is read: so a
 * peer can neither overtake its own messages nor make us remember what it does not want to hear.
 */
export class SocketQueue {
  readonly #socket: Socket
  readonly #waiting: (() => Promise<void>)[] = []
  #working = false
  #paused = false
  #closed = false

  constructor(socket: Socket) {
    this.#socket = socket
  }

  /** @param work never rejects */
  add(work: () => Promise<void>): void {
    this.#waiting.push(work)
    if (!this.#paused && this.#waiting.length >= MAX_WAITING) {
      this.#paused = true
      this.#socket.pause()
    }
    void this.go()
  }

  /** Goes on, as far as there is room for answers. */
  async go(): Promise<void> {
    if (this.#working) return
    this.#working = true
    while (!this.#closed && this.#socket.buffered < HIGH_WATER) {
      const work = this.#waiting.shift()
      if (!work) break
      await work()
    }
    this.#working = false
    if (this.#paused && !this.#closed && this.#waiting.length === 0) {
      this.#paused = false
      this.#socket.resume()
    }
  }

  close(): void {
    this.#closed = true
    this.#waiting.length = 0
  }
}
