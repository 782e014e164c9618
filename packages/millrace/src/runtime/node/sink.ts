import type { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { Writable } from 'node:stream'
import type { Chunk } from '../../format/bytes.ts'
import { atEndOfTurn } from '../../run/turn.ts'
import type { Sink, SinkControl, StreamBody } from '../../server/sink.ts'
import { cutBody } from './cut.ts'
import { directSocket } from './direct.ts'
import type { Leaving } from './leaving.ts'

/**
 * Sends a stream as a response's body: past the response to its socket where that is safe. The
 * response's head is set and not sent yet.
 */
export function openStream(stream: StreamBody, to: ServerResponse, leaving: Leaving): void {
  const socket = directSocket(to)
  if (socket) holdForTurn(socket)
  to.flushHeaders()
  const sink = socket ? new SocketSink(to, socket) : new ResponseSink(to)
  sink.control = opened(stream, sink, socket)
  leaving.staysFor(sink.control)
}

/**
 * An answer's head leaves with what is said in the same turn of the event loop, and a short run with its end: one
 * system call instead of four. Producers are flushed at the turn's end, and what they wrote is told in microtasks.
 */
function holdForTurn(socket: Socket): void {
  socket.cork()
  atEndOfTurn(() => queueMicrotask(() => process.nextTick(() => socket.uncork())))
}

function opened(stream: StreamBody, sink: Sink, socket: Socket | null): SinkControl {
  try {
    return stream.open(sink)
  } catch (error) {
    // Whoever asked is to see that something began: the connection is destroyed, and what it holds goes with it.
    socket?.uncork()
    throw error
  }
}

/** Where nothing is known of the response but that it is one: it frames what it is given. */
class ResponseSink implements Sink {
  control: SinkControl | null = null
  readonly #to: ServerResponse
  #waits = false

  constructor(to: ServerResponse) {
    this.#to = to
  }

  write({ body }: Chunk): boolean {
    return this.#to.write(toBuffer(body)) || this.fullUntilDrain(this.#to)
  }

  end(): void {
    this.#to.end()
  }

  reset(): void {
    cutBody(this.#to)
  }

  /** Listens while it is full alone: most readers never are, and a listener each costs 200 bytes. */
  protected fullUntilDrain(pacing: Writable): false {
    if (this.#waits) return false
    this.#waits = true
    pacing.once('drain', () => {
      this.#waits = false
      this.control?.drain()
    })
    return false
  }
}

/** One write to the socket a chunk, of the very bytes all readers share; begun and ended by the response. */
class SocketSink extends ResponseSink {
  readonly #socket: Socket

  constructor(to: ServerResponse, socket: Socket) {
    super(to)
    this.#socket = socket
  }

  override write({ framed }: Chunk): boolean {
    // Its reader has said goodbye in one direction, and Node in the other: the rest of the closing follows.
    if (!this.#socket.writable) return false
    // What goes past a response is nothing to it: only the socket says when it has room again.
    return this.#socket.write(toBuffer(framed)) || this.fullUntilDrain(this.#socket)
  }
}

let shared: { readonly bytes: Uint8Array; readonly buffer: Buffer } | null = null

/** Node makes a Buffer of any other bytes at every write: here once a batch, which goes to one reader after another. */
function toBuffer(bytes: Uint8Array): Buffer {
  if (shared?.bytes !== bytes) shared = { bytes, buffer: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength) }
  return shared.buffer
}
