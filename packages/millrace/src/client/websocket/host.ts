import type { Json } from '../../event/run-event.ts'
import { MillraceError } from '../../event/error.ts'
import { ACCEPT, EVENT_STREAM, IDEMPOTENCY_KEY, LAST_EVENT_ID } from '../../protocol/headers.ts'
import { RUNS, SIGNALS } from '../../protocol/routes.ts'
import { MAX_MESSAGE, type ClientMessage } from '../../protocol/socket.ts'
import type { SignalRequest } from '../../protocol/wire.ts'
import { broken } from '../connection.ts'
import { defaultHost, type Host } from '../host.ts'
import { Answer } from './answer.ts'
import { SocketLink, type WebSocketConstructor } from './link.ts'

export interface WebSocketOptions {
  /** Where the runtime has none (Node before 22): the one of the package `ws`. */
  readonly WebSocket?: WebSocketConstructor
  /**
   * Bytes that wait for a reader who does not keep up; then its follow is paused, until half of them are
   * left. Default: 256 KiB.
   */
  readonly maxBuffered?: number
}

/** Part of what a request says, as messages name it. */
interface Asked {
  /** Where the socket is. */
  readonly address: string
  readonly message: (ref: string) => ClientMessage
}

const MAX_BUFFERED = 256 * 1024
const PATH: RegExp = new RegExp(`^(.*${RUNS})/([^/]+)(${SIGNALS})?$`)
const BEARER = /^Bearer (.+)$/i

/**
 * For `createClient(url, { host: overWebSocket() })`: what it starts, follows and signals goes over one
 * WebSocket; snapshots, lists and what is too large for a message go over HTTP as before, and so does
 * everything where no WebSocket is to be had. A bearer token among the client's `headers` is said in a
 * message: browsers send no headers with an upgrade.
 */
export function overWebSocket(options: WebSocketOptions = {}): Host {
  const { WebSocket = (globalThis as WebSocketOptions).WebSocket, maxBuffered = MAX_BUFFERED } = options
  if (WebSocket === undefined) {
    throw new MillraceError('missing_package', 'There is no WebSocket here. Install `ws` (npm install ws) and give its `WebSocket`.')
  }
  const links = new Map<string, SocketLink>()
  // A socket belongs to whom it was opened for, and so do its messages: another token has another one.
  const linkTo = (address: string, token: string | null): SocketLink => {
    const key = `${token ?? ''} ${address}`
    const known = links.get(key)
    if (known?.isSilent === false) return known
    known?.end(broken('The socket fell silent.'))
    const link = new SocketLink(new WebSocket(address), token, () => links.delete(key))
    links.set(key, link)
    return link
  }
  return {
    ...defaultHost,
    async fetch(url, init) {
      const headers = new Headers(init.headers)
      const asked = askedBy(url, init, headers)
      // One UTF-16 unit is at most three bytes.
      if (asked === null || JSON.stringify(asked.message('')).length > MAX_MESSAGE / 3) return defaultHost.fetch(url, init)
      const token = BEARER.exec(headers.get('Authorization') ?? '')?.[1] ?? null
      // Asked anew each time, for the price of a refused upgrade: browsers do not tell a refusal from a network that fails just now.
      return (await answered(linkTo(asked.address, token), asked, init.signal ?? null, maxBuffered)) ?? defaultHost.fetch(url, init)
    },
  }
}

/** `null` for what no message asks for. */
function askedBy(url: string, { method, body }: RequestInit, headers: Headers): Asked | null {
  const { protocol, host, pathname } = new URL(url, (globalThis.location as Location | undefined)?.href)
  const [, path = '', name = '', signals] = PATH.exec(pathname) ?? []
  const address = `${protocol.replace('http', 'ws')}//${host}${path}`
  const subject = decodeURIComponent(name)
  if (subject === '') return null
  if (method === 'GET') {
    if (headers.get(ACCEPT) !== EVENT_STREAM) return null
    return { address, message: (ref) => ({ type: 'follow', ref, run: subject, after: headers.get(LAST_EVENT_ID) ?? '' }) }
  }
  if (typeof body !== 'string') return null
  if (signals !== undefined) return { address, message: (ref) => ({ type: 'signal', ref, run: subject, signal: JSON.parse(body) as SignalRequest }) }
  const key = headers.get(IDEMPOTENCY_KEY)
  // Without one it could not be said again when its answer was lost.
  return key === null ? null : { address, message: (ref) => ({ type: 'start', ref, kind: subject, input: JSON.parse(body) as Json, key }) }
}

/** The answer as it would have been over HTTP; `null` where no socket is to be had. */
async function answered(link: SocketLink, { message }: Asked, signal: AbortSignal | null, maxBuffered: number): Promise<Response | null> {
  if (!(await link.opened)) return null
  signal?.throwIfAborted()
  const answer = new Answer(link, message, maxBuffered)
  signal?.addEventListener('abort', () => answer.leave())
  return answer.response
}
