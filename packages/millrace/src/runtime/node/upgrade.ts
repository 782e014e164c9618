import { ServerResponse, type IncomingMessage, type Server } from 'node:http'
import { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { takeOffer, type SocketOffer } from '../../server/socket/socket.ts'
import type { FetchHandler } from './handler.ts'
import { leavingOf } from './leaving.ts'
import { toRequest } from './request.ts'
import { sendResponse } from './response.ts'
import { GOODBYE_TIME, NodeWebSockets } from './websocket.ts'

export interface AcceptedWebSockets {
  /** Says goodbye to every WebSocket: their clients resume elsewhere. */
  close(): Promise<void>
}

/**
 * Makes a server's upgrades requests of the handler: where its answer offers a WebSocket, and `ws` is
 * installed, the connection becomes one. Every other answer is sent as it is. `serve` does so by itself.
 */
export function acceptWebSockets(server: Server, handler: FetchHandler): AcceptedWebSockets {
  const upgrades = new Upgrades(handler)
  server.on('upgrade', (message: IncomingMessage, socket: Duplex, head: Buffer) => {
    if (message.headers.upgrade?.toLowerCase().includes('websocket') === true) void upgrades.take(message, socket, head)
    else ignoreUpgrade(server, message, socket, head)
  })
  return upgrades
}

class Upgrades implements AcceptedWebSockets {
  readonly #handler: FetchHandler
  #webSockets: Promise<NodeWebSockets | null> | null = null

  constructor(handler: FetchHandler) {
    this.#handler = handler
  }

  async close(): Promise<void> {
    await (await this.#webSockets)?.close()
  }

  /** Never rejects. */
  async take(message: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    const drop = (): void => void socket.destroy()
    socket.on('error', drop)
    try {
      const to = answerOn(message, socket)
      const leaving = leavingOf(message, to)
      const response = await this.#handler.fetch(leaving.asking(toRequest(message, leaving.signal)))
      const offer = takeOffer(response)
      const webSockets = offer && (await (this.#webSockets ??= load()))
      if (offer && webSockets) this.#accept(webSockets, offer, to, message, socket, head)
      else await sendResponse(response, to, leaving)
    } catch (error) {
      console.error('An upgrade failed.', error)
      drop()
    }
  }

  #accept(webSockets: NodeWebSockets, offer: SocketOffer, to: ServerResponse, message: IncomingMessage, socket: Duplex, head: Buffer): void {
    to.detachSocket(message.socket)
    webSockets.accept(offer, message, socket, head)
  }
}

/** A connection that was taken for an upgrade as one that is answered, once and for good. */
function answerOn(message: IncomingMessage, socket: Duplex): ServerResponse {
  const to = new ServerResponse(message)
  to.shouldKeepAlive = false
  to.assignSocket(message.socket)
  to.once('finish', () => sayGoodbye(socket))
  return to
}

/**
 * Nobody else looks after a connection that was taken for an upgrade: unread, it would not even hear
 * that its peer is gone. What still comes is thrown away, and a peer that stays is not waited for long.
 */
function sayGoodbye(socket: Duplex): void {
  const timer = setTimeout(() => socket.destroy(), GOODBYE_TIME)
  socket.once('close', () => clearTimeout(timer))
  socket.end()
  socket.resume()
}

/** `null` where `ws` is not installed, which is said once. */
async function load(): Promise<NodeWebSockets | null> {
  try {
    return await NodeWebSockets.load()
  } catch (error) {
    console.warn(error instanceof Error ? error.message : error)
    return null
  }
}

/**
 * An upgrade to something else (HTTP/2 in clear text, say) is an offer that may be ignored, but Node
 * has left the connection to us: it is handed back with the request as if it had asked for nothing.
 */
function ignoreUpgrade(server: Server, message: IncomingMessage, socket: Duplex, head: Buffer): void {
  const { method = 'GET', url = '/', httpVersion, rawHeaders } = message
  const lines = [`${method} ${url} HTTP/${httpVersion}`]
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at] ?? ''
    if (!UPGRADING.includes(name.toLowerCase())) lines.push(`${name}: ${rawHeaders[at + 1] ?? ''}`)
  }
  if (!(socket instanceof Socket)) {
    socket.destroy()
    return
  }
  socket.unshift(Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1'), head]))
  server.emit('connection', socket)
}
const UPGRADING = ['upgrade', 'connection', 'http2-settings']
