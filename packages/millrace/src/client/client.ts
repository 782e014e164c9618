import { MillraceError } from '../event/error.ts'
import type { InputOf, KindOf, ResultOf, Typed } from '../protocol/app.ts'
import { IDEMPOTENCY_KEY, PREFER, RESPOND_ASYNC } from '../protocol/headers.ts'
import { isRunId, runPath, RUNS } from '../protocol/routes.ts'
import type { ListReply, StartReply } from '../protocol/wire.ts'
import { newKey } from './key.ts'
import { call, queryOf, type Access } from './request.ts'
import { Run } from './run.ts'

export interface StartOptions {
  /** The same key joins the same run, from any tab or device of the same user. Default: a random one. */
  readonly key?: string
  readonly signal?: AbortSignal
}

export interface ListOptions {
  readonly limit?: number | undefined
  /** `next` of the page before. */
  readonly before?: string | undefined
  readonly kind?: string | undefined
  readonly group?: string | undefined
  readonly signal?: AbortSignal
}

export interface Client<App extends Typed = Typed> {
  /** Starts a run, or joins the one its key names. Repeated until it is answered, it starts at most one. */
  start<Kind extends KindOf<App>>(
    kind: Kind,
    input: InputOf<App, Kind>,
    options?: StartOptions,
  ): Promise<Run<ResultOf<App, Kind>>>
  /** A run by its id, which does not tell its kind: name the result where it is known. Asks nothing of the server yet. */
  open<Result = unknown>(id: string): Run<Result>
  /** One's own runs, newest first. */
  list(options?: ListOptions): Promise<ListReply>
}

/**
 * A client of the Millrace server at `baseUrl`; `createClient<typeof app>('/')` knows its kinds.
 * A page may give a path, other programs give a whole URL.
 */
export function createClient<App extends Typed = Typed>(baseUrl: string, options: Access = {}): Client<App> {
  const base = baseUrl.replace(/\/$/, '')
  return {
    async start(kind, input, { key = newKey(), signal } = {}) {
      const headers = { [IDEMPOTENCY_KEY]: key, [PREFER]: RESPOND_ASYNC }
      const { id } = await call<StartReply>(base + runPath(kind), { body: input ?? null, headers, signal }, options)
      return new Run(id, base, options)
    },
    open(id) {
      if (!isRunId(id)) throw new MillraceError('invalid_request', 'This is no run id.')
      return new Run(id, base, options)
    },
    list({ signal, ...filter } = {}) {
      return call(base + RUNS + queryOf(filter), { signal }, options)
    },
  }
}
