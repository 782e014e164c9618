import type { NatsConnection } from './clients.ts'
import { unreachable } from './failure.ts'

/**
 * Whether the server can be reached. A client keeps what it is told for a server that is away, without
 * bound, and sends it whenever that comes back: so while it is away nothing is told to it.
 */
export class Gate {
  readonly #patience: number
  readonly #waiting = new Set<() => void>()
  isOpen = true
  #isClosed = false

  constructor(connection: NatsConnection, patience: number, reconnected: () => void) {
    this.#patience = patience
    void this.#listen(connection, reconnected)
  }

  /** @throws MillraceError `store_busy` where the server stays away for as long as one waits for an answer */
  opened(): Promise<void> {
    return new Promise((resolve, reject) => {
      const enter = (): void => { clearTimeout(timer); resolve() }
      const timer = setTimeout(() => { this.#waiting.delete(enter); reject(unreachable()) }, this.#patience)
      this.#waiting.add(enter)
    })
  }

  close(): void {
    this.#isClosed = true
    this.#open()
  }

  async #listen(connection: NatsConnection, reconnected: () => void): Promise<void> {
    for await (const { type } of connection.status()) {
      if (this.#isClosed) return
      if (type === 'disconnect') this.isOpen = false
      if (type === 'reconnect') {
        this.#open()
        reconnected()
      }
    }
  }

  #open(): void {
    this.isOpen = true
    for (const enter of this.#waiting) enter()
    this.#waiting.clear()
  }
}
