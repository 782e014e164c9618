import { createServer, connect } from 'node:net'
import type { Socket } from 'node:net'

/** A wire to a server that can be cut: what goes through it stops at once, new connections are fine. */
export interface Wire {
  readonly url: string
  cut(): void
  close(): void
}

export async function layWire(to: number): Promise<Wire> {
  const sockets = new Set<Socket>()
  const server = createServer((near) => {
    const far = connect(to, '127.0.0.1')
    for (const [one, other] of [[near, far], [far, near]] as const) {
      sockets.add(one)
      one.pipe(other)
      one.on('error', () => other.destroy())
      one.once('close', () => {
        sockets.delete(one)
        other.destroy()
      })
    }
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  const cut = (): void => {
    for (const socket of sockets) socket.destroy()
  }
  return {
    url: `http://127.0.0.1:${String(port)}`,
    cut,
    close() {
      server.close()
      cut()
    },
  }
}
