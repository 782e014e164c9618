import type { Dialect } from '../dialect/dialect.ts'
import type { Authenticate, Caller } from './authenticate.ts'
import type { Context } from './context.ts'
import type { Inquiry } from './inquiry.ts'
import type { SocketLogin } from './socket/login.ts'
import type { Socket, SocketListener } from './socket/socket.ts'

type Handle = (context: Context, request: Inquiry, caller: Caller) => Promise<Response>

/** What a path answers, by method (PROTOCOL.md §7). `HEAD` is `GET` without its body. */
export type Endpoint = Readonly<Partial<Record<string, Handle>>>

/** What takes a WebSocket. */
export type TakeSocket = (context: Context, login: SocketLogin, socket: Socket) => SocketListener

/** What lies below one path, by the segments below it; an empty list is the path itself. */
export interface Below {
  readonly endpoint: (segments: readonly string[]) => Endpoint | null
  readonly socket: (segments: readonly string[]) => TakeSocket | null
  /** Who asks, at a path where another proof counts than elsewhere: where one signs in. */
  readonly authenticate?: (segments: readonly string[]) => Authenticate | undefined
  /** The kinds of run that the app must have for it. */
  readonly kinds: readonly string[]
}

/** Routes of this library's own that an app mounts: what `createChat` makes. */
export class RouteSet {
  readonly #below: Below

  constructor(below: Below) {
    this.#below = below
  }

  static below(set: RouteSet): Below {
    return set.#below
  }
}

/** What stands at a path, and whose clients ask there. */
export interface Served {
  readonly endpoint: Endpoint
  /** Says who asks there. Default: the app's own. */
  readonly authenticate?: Authenticate | undefined
  /** Of a dialect's own route. */
  readonly dialect?: Dialect
}

/** The methods of an endpoint, for `Allow`. */
export function methodsOf(endpoint: Endpoint): string {
  const methods = Object.keys(endpoint)
  return (methods.includes('GET') ? [...methods, 'HEAD'] : methods).join(', ')
}
