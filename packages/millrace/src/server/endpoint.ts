import type { Dialect } from '../dialect/dialect.ts'
import type { Caller } from './authenticate.ts'
import type { Context } from './context.ts'

type Handle = (context: Context, request: Request, caller: Caller) => Promise<Response>

/** What a path answers, by method (PROTOCOL.md §7). `HEAD` is `GET` without its body. */
export type Endpoint = Readonly<Partial<Record<string, Handle>>>

/** What stands at a path, and whose clients ask there. */
export interface Served {
  readonly endpoint: Endpoint
  /** Of a dialect's own route. */
  readonly dialect?: Dialect
}

/** The methods of an endpoint, for `Allow`. */
export function methodsOf(endpoint: Endpoint): string {
  const methods = Object.keys(endpoint)
  return (methods.includes('GET') ? [...methods, 'HEAD'] : methods).join(', ')
}
