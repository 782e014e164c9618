import { connect, createServer, type AddressInfo, type Socket } from 'node:net'

/** A TCP line that breaks when it is told to. */
export interface BadLine extends AsyncDisposable {
  readonly host: string
  readonly port: number
  /** Cuts every open connection, each after so many more bytes of what its server says. */
  cut(bytes: number): void
  /** Lets nothing through in either direction, on old connections and new ones, until the returned function is called. */
  stall(): () => void
  /** Forgets the server's end of every open connection, and does not tell the other. New ones are whole. The returned function resets them. */
  halfOpen(): () => void
}

/** @param target asked at each new connection; `null`: it is refused */
export async function badLine(target: () => { readonly host: string; readonly port: number } | null): Promise<BadLine> {
  const open = new Set<Wire>()
  let isStalled = false
  const server = createServer({ allowHalfOpen: true }, (near) => {
    const place = target()
    if (place === null) {
      near.resetAndDestroy()
      return
    }
    const wire = new Wire(near, connect({ ...place, allowHalfOpen: true }), () => open.delete(wire))
    open.add(wire)
    if (isStalled) wire.hold()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    host: '127.0.0.1',
    port: (server.address() as AddressInfo).port,
    cut: (bytes) => { for (const wire of open) wire.cutAfter(bytes) },
    stall() {
      isStalled = true
      for (const wire of open) wire.hold()
      return () => {
        isStalled = false
        for (const wire of open) wire.letGo()
      }
    },
    halfOpen() {
      const wires = [...open]
      for (const wire of wires) wire.forget()
      return () => { for (const wire of wires) wire.destroy() }
    },
    [Symbol.asyncDispose]: () => new Promise<void>((resolve) => {
      server.close(() => resolve())
      for (const wire of open) wire.destroy()
    }),
  }
}

/** One connection: a near socket, and a far one at the server. */
class Wire {
  readonly #near: Socket
  readonly #far: Socket
  readonly #onGone: () => void
  /** Bytes of the server that may still come through. */
  #left = Infinity
  #isForgotten = false
  #isHeld = false

  constructor(near: Socket, far: Socket, onGone: () => void) {
    this.#near = near
    this.#far = far
    this.#onGone = onGone
    near.setNoDelay()
    far.setNoDelay()
    near.on('data', (chunk: Buffer) => this.#give(chunk, near, far))
    near.on('end', () => far.end())
    far.on('data', (chunk: Buffer) => this.#pass(chunk))
    far.on('end', () => near.end())
    for (const socket of [near, far]) {
      socket.on('error', () => this.#gone())
      socket.on('close', () => this.#gone())
    }
  }

  cutAfter(bytes: number): void {
    this.#left = bytes
  }

  hold(): void {
    this.#isHeld = true
    this.#near.pause()
    this.#far.pause()
  }

  letGo(): void {
    if (this.#isForgotten) return
    this.#isHeld = false
    this.#near.resume()
    this.#far.resume()
  }

  /** The near end stays open, and what it says is heard by nobody. */
  forget(): void {
    this.#isForgotten = true
    this.hold()
    this.#far.destroy()
  }

  destroy(): void {
    this.#near.destroy()
    this.#far.destroy()
    this.#onGone()
  }

  #pass(chunk: Buffer): void {
    if (chunk.length >= this.#left) {
      this.#near.write(chunk.subarray(0, this.#left))
      // Behind all that was written: a reset could overtake that.
      this.#near.end(() => this.destroy())
      this.#left = 0
      this.#far.pause()
      return
    }
    this.#left -= chunk.length
    this.#give(chunk, this.#far, this.#near)
  }

  /** Takes from one no more than the other takes. */
  #give(chunk: Buffer, from: Socket, to: Socket): void {
    if (to.write(chunk)) return
    from.pause()
    to.once('drain', () => { if (!this.#isHeld) from.resume() })
  }

  #gone(): void {
    if (!this.#isForgotten) this.destroy()
    else if (this.#near.destroyed) this.#onGone()
  }
}
