import { agUi } from '../dialect/ag-ui.ts'
import { anthropic } from '../dialect/anthropic.ts'
import { chunk } from '../dialect/chunk.ts'
import { html } from '../dialect/html.ts'
import { millrace } from '../dialect/millrace.ts'
import { openai } from '../dialect/openai.ts'
import { openaiResponses } from '../dialect/openai-responses.ts'
import { MillraceError } from '../event/error.ts'
import type { Json, ProgressFeed } from '../event/run-event.ts'
import type { RunType, Typed } from '../protocol/app.ts'
import type { RunHandle } from '../protocol/run-handle.ts'
import type { AnyRunDefinition, RunDefinition } from '../run/define.ts'
import type { HandProducer } from '../run/hand-producer.ts'
import { plainly, type Logger } from '../run/logger.ts'
import type { Observe } from '../run/news.ts'
import { observedStore } from '../run/observed-store.ts'
import { outcomeOf } from '../run/outcome.ts'
import { Tails } from '../run/tails.ts'
import { Worker } from '../run/worker.ts'
import type { Store } from '../store/store.ts'
import { anyone, callerOf, type Authenticate } from './authenticate.ts'
import { Channels } from './channel.ts'
import { checkOptions } from './check-options.ts'
import type { Coding } from './compress.ts'
import { ownRun, type Context, type Limits } from './context.ts'
import { isPreflight, preflight, shareWith } from './cors.ts'
import { Deadlines } from './deadlines.ts'
import type { DialectRoute } from './dialects/vendor.ts'
import { RouteSet, type Served } from './endpoint.ts'
import { checkHost, checkOrigin, isUpgrade } from './guard.ts'
import { LocalRun } from './local-run.ts'
import { scatter, type Leaver } from './drain.ts'
import { HeartbeatWheel } from './heartbeat.ts'
import { takeInquiries, webRequest, type Inquiry } from './inquiry.ts'
import { problem } from './problem.ts'
import { Groups } from './progress/groups.ts'
import { StreamQuota } from './quota.ts'
import { Snapshots } from './snapshots.ts'
import { servedAt, socketAt } from './router.ts'
import { SocketLogin } from './socket/login.ts'
import { offering } from './socket/socket.ts'

export interface MillraceOptions<Runs extends Readonly<Record<string, AnyRunDefinition>>> {
  readonly store: Store
  readonly runs: Runs
  readonly authenticate: Authenticate
  /** Where the routes are mounted, e.g. `/api`; nothing else is answered. Default: at the root. */
  readonly base?: string
  /** Routes in the form of other vendors' clients, and those of `createChat`, by path (below `base`). */
  readonly routes?: Readonly<Record<string, DialectRoute | RouteSet>>
  /** Origins besides the server's own whose pages may start, read and stop runs, with their visitors' cookies. */
  readonly allowedOrigins?: readonly string[]
  /** Hosts by which this server may be asked, with or without a port; by any other it is 403. Default: any, as behind a proxy that checks it. */
  readonly allowedHosts?: readonly string[]
  /** Offers `/doctor`, for `millrace doctor URL`: what lies between shows there what it does to streams. Default: false. */
  readonly doctor?: boolean
  readonly limits?: Partial<Limits>
  /** What answers may be compressed in, best first: `compression` of `millrace/node`. Default: not at all. */
  readonly compress?: readonly Coding[]
  /** How long a producer may be silent before another takes over, in ms. Default 10 000. */
  readonly lease?: number
  /** How long after cancel a handler may take to stop, in ms. Default 2 000. */
  readonly cancelGrace?: number
  /** Silence on a stream after which a heartbeat is sent, in ms. Default 15 000. */
  readonly heartbeat?: number
  /** How long an ended run stays readable, in ms. Default 7 days. */
  readonly retention?: number
  /** How long its key and id stay known after that, in ms. Default 7 days. */
  readonly tombstone?: number
  /** Over how long open streams are cut when this closes, in ms, each at a moment of its own: their readers do not ask the next server all at once. Default 0. */
  readonly drain?: number
  /** Default `console`. */
  readonly logger?: Logger
  /** Is told what happens here, to count, measure or trace it: `createMetrics` and `traceRuns` of `millrace/operations` make one. */
  readonly observe?: Observe
}

/** What clients are told of `Runs`, for an app that is not there as a value: `createClient<Millrace<TypesOf<typeof runs>>>`. */
export type TypesOf<Runs extends Readonly<Record<string, AnyRunDefinition>>> = {
  readonly runs: { readonly [Kind in keyof Runs & string]: TypeOf<Runs[Kind]> }
}
type TypeOf<Definition> = Definition extends RunDefinition<infer _Input, infer Result, infer Sent, infer _Checks>
  ? { readonly input: Sent; readonly result: Result }
  : RunType

/** In-process starts name their principal themselves. */
export interface StartRunOptions {
  readonly principal: string
  readonly key?: string
  readonly group?: string
  /** The run is an item of progress, a part of another one. */
  readonly progress?: ProgressFeed
}

export interface Millrace<Types extends { readonly runs: Readonly<Record<string, RunType>> }> extends Typed<Types> {
  /** The routes of PROTOCOL.md §7. Mount it anywhere that speaks `Request` and `Response`. */
  readonly fetch: (request: Request) => Promise<Response>
  /** Whether anything stands at a request's path; if not, it is for whoever this is mounted in. */
  readonly serves: (request: Pick<Request, 'url'>) => boolean
  /** Starts a run from this process. @throws MillraceError as `POST /runs/:kind` would answer */
  readonly start: <Kind extends keyof Types['runs'] & string>(
    kind: Kind, input: Types['runs'][Kind]['input'], options: StartRunOptions,
  ) => Promise<RunHandle<Types['runs'][Kind]['result']>>
  /** A run by its id. @throws MillraceError `not_found` also where it is another principal's, `gone` */
  readonly open: <Result = unknown>(id: string, options: { readonly principal: string }) => Promise<RunHandle<Result>>
  /**
   * Works on this very run until this process has nothing more to do with it, whatever the kind's `concurrency`: for a program
   * that a queue of its own tells what to do. `false`, at once, where somebody else works on it or it has its end.
   * @throws MillraceError `not_found`, `gone`, `unknown_kind`
   */
  readonly work: (id: string) => Promise<boolean>
  /**
   * Becomes the producer of a run, in a program that is no handler.
   * @throws MillraceError `not_found`, `gone`, `unknown_kind`, `busy` where somebody else is or it has its end, `ended` where it was just lost once too often
   */
  readonly produce: <Input = unknown>(id: string) => Promise<HandProducer<Input>>
  /** Hands running work over and closes the store. Streams are cut; their readers resume elsewhere. */
  readonly close: () => Promise<void>
}

const LIMITS: Limits = {
  body: 1024 * 1024, depth: 32, streams: 100, strangers: 1_000, entry: 1024 * 1024, snapshot: 4 * 1024 * 1024, wait: 30_000,
}
const DAY = 24 * 60 * 60 * 1000
const RETENTION = 7 * DAY

/** A server's one object: starts runs, works on them, and answers requests about them. */
export function createMillrace<const Runs extends Readonly<Record<string, AnyRunDefinition>>>(
  options: MillraceOptions<Runs>,
): Millrace<TypesOf<Runs>> {
  const context = createContext(options)
  const { worker, tails, sockets, streams, store, groups } = context
  const app: Millrace<TypesOf<Runs>> = {
    fetch: (request) => answer(context, options, request),
    serves: (request) => servedTo(request, options) !== null,
    start: async (kind, input, { principal, key, group, progress }) => {
      const { record } = await worker.start(kind, input as Json, { principal, key, group, progress })
      return new LocalRun(context, record)
    },
    open: async (id, { principal }) => new LocalRun(context, await ownRun(context, principal, id)),
    work: (id) => worker.work(id),
    produce: (id) => worker.produce(id),
    close: async () => {
      context.closing.abort()
      // Runs first: whoever has them next may begin while the readers are still on their way.
      await worker.close()
      if (options.drain) await scatter(streams, options.drain)
      for (const socket of [...sockets]) socket.leave()
      groups.close()
      tails.close()
      await store.close()
    },
  }
  contexts.set(app, context)
  takeInquiries(app.fetch, (inquiry) => answer(context, options, inquiry))
  return app
}

/** What stands behind an app, for what this library builds on it. */
const contexts = new WeakMap<object, Context>()

/** @throws MillraceError `invalid_request` for what `createMillrace` did not make */
export function contextOf(app: object): Context {
  const context = contexts.get(app)
  if (context) return context
  throw new MillraceError('invalid_request', 'This needs what `createMillrace` returns.')
}

function createContext(options: MillraceOptions<Readonly<Record<string, AnyRunDefinition>>>): Context {
  checkOptions(options)
  const { runs, authenticate, logger = plainly, lease = 10_000, cancelGrace = 2_000, compress = [] } = options
  const observe = safely(options.observe, logger)
  const store = options.observe ? observedStore(options.store, observe) : options.store
  const limits = { ...LIMITS, ...options.limits }
  if (limits.entry > LIMITS.entry) {
    throw new MillraceError('invalid_request', `\`limits.entry\` is at most ${String(LIMITS.entry)} bytes: readers count on it (PROTOCOL.md §2).`)
  }
  const policy = { retention: options.retention ?? RETENTION, tombstone: options.tombstone ?? RETENTION }
  const tails = new Tails(store)
  const heartbeats = new HeartbeatWheel(options.heartbeat ?? 15_000)
  const streams = new Set<Leaver>()
  const groups = new Groups(store, tails, logger)
  return {
    store, logger, limits, tails, heartbeats, groups, streams, observe,
    closing: new AbortController(),
    worker: new Worker({
      store, runs, lease, grace: cancelGrace, policy, maxEntry: limits.entry, observe, logger,
      outcome: (...asked) => outcomeOf({ store, tails, maxText: limits.snapshot }, ...asked),
      onGrouped: (run) => groups.grown(run),
    }),
    channels: new Channels({ streams, heartbeats, observe, logger }),
    sockets: new Set(),
    strangers: new Set(),
    snapshots: new Snapshots(store, limits.snapshot),
    deadlines: new Deadlines(),
    quota: authenticate === anyone ? null : new StreamQuota(limits.streams),
    codings: (kind) => (Object.hasOwn(runs, kind) && runs[kind]?.compress !== false ? compress : []),
    dialects: [...new Set([millrace, anthropic, openai, openaiResponses, agUi, chunk, html, ...Object.values(options.routes ?? {}).flatMap((route) => (route instanceof RouteSet ? [] : [route.dialect]))])],
  }
}

/** What is observed is not to be disturbed by it. */
function safely(observe: Observe | undefined, logger: Logger): Observe {
  if (!observe) return () => undefined
  return (news) => {
    try {
      observe(news)
    } catch (error) {
      logger.warn('What observes this server failed.', { news: news.type, error })
    }
  }
}

function servedTo({ url }: Pick<Request, 'url'>, { base = '', routes = {}, doctor = false }: Pick<MillraceOptions<never>, 'base' | 'routes' | 'doctor'>): Served | null {
  return servedAt(new URL(url).pathname, base, routes, doctor)
}

async function answer(
  context: Context, options: MillraceOptions<Readonly<Record<string, AnyRunDefinition>>>, request: Inquiry,
): Promise<Response> {
  const { allowedOrigins = [], allowedHosts, authenticate } = options
  const served = servedTo(request, options)
  try {
    if (allowedHosts) checkHost(request, allowedHosts)
    if (isPreflight(request)) return preflight(request, allowedOrigins, served?.endpoint ?? null)
    checkOrigin(request, allowedOrigins)
    if (isUpgrade(request)) return offerSocket(context, options, request)
    if (!served) throw new MillraceError('not_found', 'There is nothing at this path.')
    const caller = await callerOf(served.authenticate ?? authenticate, request)
    if (!caller) throw new MillraceError('unauthorized', 'Say who you are first.')
    const method = request.method === 'HEAD' ? 'GET' : request.method
    const { endpoint } = served
    const handle = Object.hasOwn(endpoint, method) ? endpoint[method] : undefined
    if (!handle) throw new MillraceError('method_not_allowed', `${request.method} does nothing at this path.`)
    return shareWith(request, allowedOrigins, await handle(context, request, caller))
  } catch (failure) {
    // Whoever has left is nobody's failure, and sees no answer.
    const error = request.signal.aborted ? new MillraceError('closed', 'Whoever asked has left.') : failure
    return shareWith(request, allowedOrigins, problem(error, context.logger, request, served))
  }
}

/** A refusal, behind which runtimes that have WebSockets find leave to upgrade. */
function offerSocket(
  context: Context, { authenticate, base = '', routes = {} }: Pick<MillraceOptions<never>, 'authenticate' | 'base' | 'routes'>, request: Inquiry,
): Response {
  const { pathname } = new URL(request.url)
  const { logger } = context
  const take = socketAt(pathname, base, routes)
  if (!take) {
    logger.debug?.('A WebSocket was asked for where there is none.', { path: pathname })
    return problem(new MillraceError('not_found', 'There is no WebSocket at this path.'), logger, request)
  }
  const refusal = problem(new MillraceError('upgrade_required', 'No WebSocket can be had here. Read the run over HTTP.'), logger, request)
  return offering(refusal, (socket) => take(context, new SocketLogin(authenticate, webRequest(request)), socket))
}
