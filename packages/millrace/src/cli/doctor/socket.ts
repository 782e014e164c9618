import { randomBytes } from 'node:crypto'
import { request as httpRequest, type IncomingMessage } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { connect } from 'node:tls'
import { RUNS } from '../../protocol/routes.ts'
import type { Headers, SocketSeen } from './seen.ts'

const PATIENCE = 10_000
/** A problem is a few lines; what is longer is somebody's page. */
const MAX_BODY = 64 * 1024

/** Asks for a WebSocket and waits for its first message. By hand: Node 20 has no client of its own. */
export function trySocket(base: string, headers: Headers, signal: AbortSignal): Promise<SocketSeen> {
  const url = new URL(base + RUNS)
  const ask = url.protocol === 'https:' ? httpsRequest : httpRequest
  return new Promise((resolve) => {
    const request = ask(url, {
      signal, timeout: PATIENCE, agent: false,
      headers: {
        ...headers, Connection: 'Upgrade', Upgrade: 'websocket', 'Sec-WebSocket-Version': '13',
        'Sec-WebSocket-Key': randomBytes(16).toString('base64'),
      },
    })
    const conclude = (seen: SocketSeen): void => {
      resolve(seen)
      request.destroy()
    }
    request.on('upgrade', (_response, socket, head) => {
      // From here on it is no longer the request's.
      const leave = (seen: SocketSeen): void => {
        conclude(seen)
        socket.destroy()
      }
      socket.on('error', () => undefined)
      socket.once('close', () => conclude({ kind: 'dumb' }))
      socket.once('data', () => leave({ kind: 'open' }))
      socket.setTimeout(PATIENCE, () => leave({ kind: 'dumb' }))
      if (head.length > 0) leave({ kind: 'open' })
    })
    request.on('response', (response) => {
      void codeIn(response).then((code) => conclude({ kind: 'answered', status: response.statusCode ?? 0, code }))
    })
    request.on('timeout', () => conclude({ kind: 'broken' }))
    request.on('error', () => resolve({ kind: 'broken' }))
    request.end()
  })
}

async function codeIn(response: IncomingMessage): Promise<string | null> {
  let text = ''
  try {
    for await (const chunk of response.setEncoding('utf8') as AsyncIterable<string>) {
      text += chunk
      if (text.length > MAX_BODY) return null
    }
    const { code } = JSON.parse(text) as { readonly code?: unknown }
    return typeof code === 'string' ? code : null
  } catch {
    return null
  }
}

/** What a browser and whoever holds the certificate agree to speak; `null` without TLS. */
export function alpnOf(base: string, signal: AbortSignal): Promise<string | null> {
  const { protocol, hostname, port } = new URL(base)
  if (protocol !== 'https:') return Promise.resolve(null)
  return new Promise((resolve) => {
    const host = hostname.replace(/^\[|\]$/g, '')
    const socket = connect({ host, port: Number(port || 443), servername: host, ALPNProtocols: ['h2', 'http/1.1'] })
    const conclude = (spoken: string | null): void => {
      resolve(spoken)
      socket.destroy()
    }
    signal.addEventListener('abort', () => conclude(null), { once: true })
    socket.once('secureConnect', () => conclude(socket.alpnProtocol || 'http/1.1'))
    socket.once('error', () => conclude(null))
    socket.setTimeout(PATIENCE, () => conclude(null))
  })
}
