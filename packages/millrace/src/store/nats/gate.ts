import type { NatsConnection } from './clients.ts'
import { unreachable } from './failure.ts'

/**
 * Whether the server can be reached. A client keeps what it is told for a server that is away, without bound, and sends
 * it whenever that comes back; and it waits the whole time for answers that went with a connection. So while the server is
 * away nothing is told to it, and when the connection breaks whoever waits for an answer hears of it at once.
 */
export class Gate {
  readonly #patience: number
  readonly #waiting = new Set<() => void>()
  /** Each ends the wait for an answer. */
  readonly #asked = new Set<() => void>()
  #isOpen = true
  #isClosed = false

  constructor(connection: NatsConnection, patience: number, reconnected: () => void) {
    this.#patience = patience
    void this.#listen(connection, reconnected)
  }

  /** @throws MillraceError `store_busy` where the server stays away for as long as one waits for an answer, or goes before it has come */
  async ask<T>(question: () => Promise<T>): Promise<T> {
    if (!this.#isOpen) await this.#opened()
    return new Promise<T>((resolve, reject) => {
      const giveUp = (): void => { reject(unreachable(new Error('the connection broke'))) }
      this.#asked.add(giveUp)
      question().then(resolve, reject).finally(() => this.#asked.delete(giveUp))
    })
  }

  close(): void {
    this.#isClosed = true
    this.#open()
  }

  #opened(): Promise<void> {
    return new Promise((resolve, reject) => {
      const enter = (): void => { clearTimeout(timer); resolve() }
      const timer = setTimeout(() => { this.#waiting.delete(enter); reject(unreachable()) }, this.#patience)
      this.#waiting.add(enter)
    })
  }

  async #listen(connection: NatsConnection, reconnected: () => void): Promise<void> {
    for await (const { type } of connection.status()) {
      if (this.#isClosed) return
      if (type === 'disconnect') this.#shut()
      if (type === 'reconnect') {
        this.#open()
        reconnected()
      }
    }
  }

  #shut(): void {
    this.#isOpen = false
    for (const giveUp of this.#asked) giveUp()
  }

  #open(): void {
    this.#isOpen = true
    for (const enter of this.#waiting) enter()
    this.#waiting.clear()
  }
}
