import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import type * as ws from 'ws'
import type { WebSocket, WebSocketServer } from 'ws'
import { missingPackage } from '../../event/missing-package.ts'
import { CLOSE, MAX_MESSAGE } from '../../protocol/socket.ts'
import { HIGH_WATER } from '../../server/socket/queue.ts'
import type { Socket, SocketOffer } from '../../server/socket/socket.ts'

/** How long a peer may take to say goodbye, in ms. */
export const GOODBYE_TIME: number = 2_000

/** The WebSockets of one server, by the optional peer package `ws`. */
export class NodeWebSockets {
  readonly #server: WebSocketServer

  private constructor(server: WebSocketServer) {
    this.#server = server
  }

  /** @throws MillraceError `missing_package` */
  static async load(): Promise<NodeWebSockets> {
    const { WebSocketServer } = await importWs()
    // No compression: a few bytes could become gigabytes, and each socket would keep a dictionary.
    return new NodeWebSockets(new WebSocketServer({ noServer: true, maxPayload: MAX_MESSAGE, perMessageDeflate: false, autoPong: false }))
  }

  accept(offer: SocketOffer, message: IncomingMessage, socket: Duplex, head: Buffer): void {
    this.#server.handleUpgrade(message, socket, head, (webSocket) => listen(webSocket, offer))
  }

  /** Says goodbye to all, and waits for theirs a little. */
  async close(): Promise<void> {
    await Promise.all([...this.#server.clients].map(goodbye))
  }
}

async function importWs(): Promise<typeof ws> {
  try {
    return await import('ws')
  } catch (cause) {
    throw missingPackage('WebSockets on Node need', 'ws', cause)
  }
}

function goodbye(webSocket: WebSocket): Promise<void> {
  return new Promise((resolve) => {
    webSocket.once('close', () => resolve())
    close(webSocket, CLOSE.restart, '')
  })
}

/** A peer that does not answer, or does not even read, is not waited for long. */
function close(webSocket: WebSocket, code: number, reason: string): void {
  const timer = setTimeout(() => webSocket.terminate(), GOODBYE_TIME)
  webSocket.once('close', () => clearTimeout(timer))
  webSocket.close(code, reason)
}

function listen(webSocket: WebSocket, offer: SocketOffer): void {
  const listener = offer(new WsSocket(webSocket, () => listener.drain()))
  webSocket.on('message', (data: Buffer, isBinary) => listener.message(isBinary ? null : data.toString()))
  webSocket.on('pong', () => listener.pong())
  webSocket.on('ping', (data) => {
    listener.pong()
    // By itself `ws` would keep an answer to every ping of a peer that reads none.
    if (webSocket.bufferedAmount < HIGH_WATER) webSocket.pong(data)
  })
  webSocket.on('close', () => listener.closed())
  // What was wrong with a message (too large, no UTF-8) is told to the peer as `ws` closes it.
  webSocket.on('error', () => undefined)
}

class WsSocket implements Socket {
  readonly #webSocket: WebSocket
  readonly #onFlushed: () => void

  constructor(webSocket: WebSocket, onDrain: () => void) {
    this.#webSocket = webSocket
    this.#onFlushed = () => onDrain()
  }

  get buffered(): number {
    return this.#webSocket.bufferedAmount
  }

  send(utf8: Uint8Array): void {
    this.#webSocket.send(utf8, { binary: false }, this.#onFlushed)
  }

  ping(): void {
    if (this.#webSocket.readyState === this.#webSocket.OPEN) this.#webSocket.ping()
  }

  pause(): void {
    this.#webSocket.pause()
  }

  resume(): void {
    this.#webSocket.resume()
  }

  close(code: number, reason: string): void {
    close(this.#webSocket, code, reason)
  }

  terminate(): void {
    this.#webSocket.terminate()
  }
}
