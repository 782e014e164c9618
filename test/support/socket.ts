import { connect, type Socket } from 'node:net'

/** A client that speaks bytes: it may be slow, rude or wrong as no HTTP library would be. */
export class RawClient implements Disposable {
  received = ''
  /** How the connection ended: cleanly, or by which error. */
  readonly closed: Promise<string>
  readonly socket: Socket
  #waiting: () => void = () => undefined
  #over = false

  constructor(port: number) {
    this.socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
    this.socket.setEncoding('latin1')
    this.socket.on('data', (chunk: string) => {
      this.received += chunk
      this.#waiting()
    })
    this.closed = new Promise((resolve) => {
      this.socket.once('end', () => resolve('end'))
      this.socket.once('error', (error) => resolve('code' in error ? String(error.code) : 'error'))
    })
    void this.closed.then(() => {
      this.#over = true
      this.#waiting()
    })
  }

  /** @returns whether there is room for more */
  send(bytes: string | Uint8Array): boolean {
    return this.socket.write(bytes)
  }

  /** Waits until this has been received. */
  async until(text: string): Promise<void> {
    while (!this.received.includes(text)) {
      if (this.#over) throw new Error(`closed before ${text} came; received: ${this.received.slice(0, 500)}`)
      await new Promise<void>((resolve) => (this.#waiting = resolve))
    }
  }

  /** Leaves as a process that is killed does. */
  leave(): void {
    this.socket.resetAndDestroy()
  }

  [Symbol.dispose](): void {
    this.socket.destroy()
  }
}

/** A request's head. */
export function head(line: string, headers: Readonly<Record<string, string>> = {}): string {
  const all = { Host: 'localhost', 'X-User': 'ada', ...headers }
  return `${line}\r\n${Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`
}
