/** A runtime's WebSocket, as little of it as is needed. */
export interface Socket {
  /** Sends a text message. */
  send(utf8: Uint8Array): void
  /** Bytes that were sent and that the peer's connection has not taken. */
  readonly buffered: number
  ping(): void
  /** No more messages are read, so that the peer is held back, until {@link resume}. */
  pause(): void
  resume(): void
  close(code: number, reason: string): void
  /** Drops it at once: nobody answers there. */
  terminate(): void
}

/** What a socket tells. */
export interface SocketListener {
  /** `null`: not a text. */
  message(text: string | null): void
  pong(): void
  /** The connection took something of what was buffered. */
  drain(): void
  /** It is over, in whatever way. */
  closed(): void
}

/** Lets a socket in. Called at most once. */
export type SocketOffer = (socket: Socket) => SocketListener

/** What stands behind an answer that offers a WebSocket. Known by its body, which stays when a framework makes another response of ours. */
const offers = new WeakMap<ReadableStream, SocketOffer>()

/** An answer that a runtime with WebSockets takes as leave to upgrade, and that every other sends as it is: a refusal. */
export function offering(refusal: Response, offer: SocketOffer): Response {
  if (refusal.body) offers.set(refusal.body, offer)
  return refusal
}

/** The offer in a response; `null` where it is an answer like any other. */
export function takeOffer({ body }: Response): SocketOffer | null {
  return body && !body.locked ? (offers.get(body) ?? null) : null
}
