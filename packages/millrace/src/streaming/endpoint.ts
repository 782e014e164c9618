import { MillraceError } from '../event/error.ts'
import type { Json } from '../event/run-event.ts'
import { checkInput, type StandardSchema } from '../run/define.ts'
import type { Logger } from '../run/logger.ts'
import { checkOrigins, checkTimeLimit } from '../server/check-options.ts'
import { checkOrigin } from '../server/guard.ts'
import { problem } from '../server/problem.ts'
import type { ItemFeed } from '../server/progress/contract.ts'
import { readInput } from '../server/request-body.ts'
import { streamResponse, type StreamingConfig } from '../server/stream/response.ts'
import type { Streamable, StreamSource } from '../server/stream/source.ts'
import { resolve, type Providers } from './dependencies.ts'
import { needed, withItem, type ItemTracker } from './item.ts'

/** What a request brought, beside its input. */
export interface EndpointContext {
  readonly request: Request
  /** Aborted when the reader has left, or the time is over. */
  readonly signal: AbortSignal
}

export interface StreamingEndpointOptions<Input, Dependencies> extends StreamingConfig {
  readonly path: string
  /** What is streamed: usually an async generator function. */
  readonly processor: (input: Input, dependencies: Dependencies, context: EndpointContext) => Streamable | Promise<Streamable>
  /** Made for each request, in their order, and closed after it (`Symbol.asyncDispose`, `Symbol.dispose` or `close`). */
  readonly dependencies?: Providers<Dependencies>
  /** Checks what was sent: a Standard Schema, or a function that returns the input or throws `PublicError`. */
  readonly input?: StandardSchema<Input> | ((value: unknown) => Input)
  /** The item of progress that a stream is, from its input; `null` for none. Each value counts one, and it ends as the stream does. Needs `tracker`. */
  readonly progress?: (input: Input) => ItemFeed | null
  /** Of `millrace/progress`: moves the items that streams are. */
  readonly tracker?: ItemTracker
  /** Origins besides the server's own whose pages may post here. */
  readonly allowedOrigins?: readonly string[]
  /** Bytes of a request's body. Default 1 MiB. */
  readonly maxBody?: number
  /** Default `console`. */
  readonly logger?: Logger
}

/** Answers `POST` at its path; mount it anywhere that speaks `Request` and `Response`, or with `toNodeHandler`. */
export interface StreamingEndpoint {
  readonly path: string
  readonly fetch: (request: Request) => Promise<Response>
  /** Whether a request is for its path; if not, it is for whoever this is mounted in. */
  readonly serves: (request: Pick<Request, 'url'>) => boolean
}

const MAX_BODY = 1024 * 1024
const MAX_DEPTH = 32

/** @throws MillraceError `invalid_request` for what could never answer, and where `progress` has no `tracker` */
export function createStreamingEndpoint<Input = Readonly<Record<string, Json>>, Dependencies extends object = object>(
  options: StreamingEndpointOptions<Input, Dependencies>,
): StreamingEndpoint {
  checkEndpoint(options)
  checkTimeLimit(options)
  if (options.progress) needed(options.tracker)
  const { path } = options
  return { path, fetch: (request) => answer(options, request), serves: (request) => standsAt(path, request) }
}

/** What would otherwise be a 404 for ever, or a 500 at each request. */
function checkEndpoint(
  { path, processor, dependencies = {}, allowedOrigins }: { path?: unknown; processor?: unknown; dependencies?: object; allowedOrigins?: readonly string[] },
): void {
  checkOrigins(allowedOrigins)
  if (typeof path !== 'string' || !path.startsWith('/')) throw new MillraceError('invalid_request', 'An endpoint needs a `path` that begins with a slash, such as `/chat`.')
  if (typeof processor !== 'function') throw new MillraceError('invalid_request', 'An endpoint needs a `processor`, a function of what was sent.')
  for (const [name, provider] of Object.entries(dependencies)) {
    if (typeof provider !== 'function') throw new MillraceError('invalid_request', `The dependency \`${name}\` is no function that makes it.`)
  }
}

function standsAt(path: string, { url }: Pick<Request, 'url'>): boolean {
  return new URL(url).pathname === path
}

async function answer<Input, Dependencies extends object>(options: StreamingEndpointOptions<Input, Dependencies>, request: Request): Promise<Response> {
  const { path, allowedOrigins = [], logger = console } = options
  try {
    if (!standsAt(path, request)) throw new MillraceError('not_found', 'There is nothing at this path.')
    if (request.method !== 'POST') throw new MillraceError('method_not_allowed', `${request.method} does nothing at this path.`)
    checkOrigin(request, allowedOrigins)
    return await stream(options, request, logger)
  } catch (error) {
    return problem(error, logger, request, { endpoint: { POST: () => answer(options, request) } })
  }
}

async function stream<Input, Dependencies extends object>(
  options: StreamingEndpointOptions<Input, Dependencies>, request: Request, logger: Logger,
): Promise<Response> {
  const { processor, input: check, maxBody = MAX_BODY, dependencies: providers, progress, tracker } = options
  const sent = await readInput(request, maxBody, MAX_DEPTH)
  const input = (await checkInput(check === undefined ? {} : { input: check }, sent)) as Input
  const item = progress?.(input) ?? null
  const dependencies = await resolve(providers ?? ({} as Providers<Dependencies>), request, logger)
  const source: StreamSource = ({ signal }) => processor(input, dependencies.values, { request, signal })
  const observers = withItem([{ ended: () => void dependencies.close() }], item, tracker)
  return streamResponse(source, { ...options, request, logger, observers })
}
