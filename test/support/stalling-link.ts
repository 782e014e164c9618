import { type AddressInfo, type Socket, connect, createServer } from 'node:net'

/** A line to a port of this machine that can go half open, or lead elsewhere. */
export interface StallingLink extends AsyncDisposable {
  readonly port: number
  /** Who connects from now on comes to this port, as behind an address that moves at a failover. */
  lead(target: number): void
  /** What is connected now stands still for ever; who connects later gets through. */
  stall(): void
}

export async function stallingLink(first: number): Promise<StallingLink> {
  let target = first
  const sockets = new Set<Socket>()
  const server = createServer((near) => {
    const far = connect(target, '127.0.0.1')
    for (const [from, to] of [[near, far], [far, near]] as const) {
      sockets.add(from)
      from.pipe(to)
      from.on('error', () => to.destroy())
      from.on('close', () => { sockets.delete(from) })
    }
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    lead: (next) => { target = next },
    port: (server.address() as AddressInfo).port,
    stall() {
      for (const socket of sockets) socket.unpipe().pause()
    },
    [Symbol.asyncDispose]: () => new Promise<void>((resolve) => {
      server.close(() => { resolve() })
      for (const socket of sockets) socket.destroy()
    }),
  }
}
