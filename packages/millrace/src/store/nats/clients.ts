import { MillraceError } from '../../event/error.ts'
import { missingPackage } from '../../event/missing-package.ts'

/** The part of a connection of `@nats-io/transport-node` (3 or later) that is used here. */
export interface NatsConnection {
  readonly info?: { readonly version: string; readonly max_payload: number; readonly jetstream?: boolean }
  isClosed(): boolean
  close(): Promise<void>
  flush(): Promise<void>
  status(): AsyncIterable<{ readonly type: string }>
  subscribe(subject: string, options: { callback: (error: Error | null, message: Delivered) => void }): Subscription
  requestMany(subject: string, data: string, options: ManyOptions): Promise<AsyncIterable<Delivered>>
}

export interface Delivered {
  readonly subject: string
  readonly data: Uint8Array
  readonly reply?: string
  readonly headers?: { readonly code: number }
}

interface ManyOptions {
  readonly strategy: 'count'
  readonly maxMessages: number
  /** In ms. */
  readonly maxWait: number
  readonly noMux: true
}

interface Subscription {
  unsubscribe(): void
}

/** A message as a stream keeps it. */
export interface Stored {
  readonly subject: string
  readonly seq: number
  readonly data: Uint8Array
  /** When the server took it in. */
  readonly timestamp: string
}

type Query = { readonly seq: number } | { readonly last_by_subj: string } | { readonly next_by_subj: string; readonly seq: number }

interface Gets {
  getMessage(stream: string, query: Query): Promise<Stored | null>
}

/** What is asked of a stream's configuration. */
export interface StreamConfig {
  readonly name: string
  readonly subjects: string[]
  readonly storage: 'file' | 'memory'
  readonly num_replicas: number
  readonly max_msgs_per_subject: number
  readonly allow_direct: boolean
  readonly republish?: { readonly src: string; readonly dest: string }
}

export interface StreamInfo {
  readonly config: StreamConfig & Readonly<Record<'max_age' | 'max_bytes' | 'max_msgs', number>>
  readonly state: { readonly first_seq: number; readonly last_seq: number }
}

interface ConsumerConfig {
  readonly ack_policy: 'none'
  readonly deliver_policy: 'by_start_sequence' | 'by_start_time'
  readonly opt_start_seq?: number
  readonly opt_start_time?: string
  readonly filter_subject: string
  readonly mem_storage: true
  readonly num_replicas: 1
  /** In ns. */
  readonly inactive_threshold: number
}

export interface ConsumerInfo {
  readonly name: string
  readonly num_pending: number
  readonly delivered: { readonly stream_seq: number }
}

export interface JetStreamManager {
  getAccountInfo(): Promise<unknown>
  readonly direct: Gets
  readonly streams: Gets & {
    info(stream: string): Promise<StreamInfo>
    add(config: StreamConfig): Promise<StreamInfo>
    purge(stream: string, options: { readonly filter: string; readonly seq?: number }): Promise<unknown>
  }
  readonly consumers: {
    add(stream: string, config: ConsumerConfig): Promise<ConsumerInfo>
    delete(stream: string, consumer: string): Promise<unknown>
  }
}

export interface JetStream {
  publish(
    subject: string, data: Uint8Array, options?: { readonly expect?: { readonly lastSubjectSequence: number } },
  ): Promise<{ readonly seq: number }>
}

interface JetStreamOptions {
  readonly timeout: number
  readonly checkAPI?: boolean
}

interface JetStreamPackage {
  jetstream(connection: NatsConnection, options: JetStreamOptions): JetStream
  jetstreamManager(connection: NatsConnection, options: JetStreamOptions): Promise<JetStreamManager>
}

interface TransportPackage {
  connect(options: {
    readonly servers: string
    readonly user?: string
    readonly pass?: string
    readonly token?: string
    readonly timeout: number
    readonly maxReconnectAttempts: number
    readonly reconnectTimeWait: number
    readonly pingInterval: number
    readonly maxPingOut: number
    readonly ignoreAuthErrorAbort: boolean
    readonly noAsyncTraces: boolean
  }): Promise<NatsConnection>
}

/** Not names that the compiler follows: their declarations do not hold where optional properties are taken exactly. */
const JETSTREAM: string = '@nats-io/jetstream'
const TRANSPORT: string = '@nats-io/transport-node'

/** @throws MillraceError `missing_package` */
export async function jetStreamPackage(): Promise<JetStreamPackage> {
  return (await load(JETSTREAM)) as JetStreamPackage
}

/**
 * A connection of our own. It never stops trying to come back; what is asked meanwhile fails by itself.
 *
 * @throws MillraceError `missing_package`
 */
export async function connectTo(url: string): Promise<NatsConnection> {
  const transport = (await load(TRANSPORT)) as TransportPackage
  const { username, password, host, protocol } = new URL(url)
  const [user, pass] = [decodeURIComponent(username), decodeURIComponent(password)]
  return transport.connect({
    servers: `${protocol}//${host}`,
    timeout: 3_000,
    maxReconnectAttempts: -1,
    reconnectTimeWait: 250,
    // A server that is gone without a word is noticed within some 10 s. No sooner: the answer to a ping waits behind all
    // else that is on its way, and one that is merely busy is not to lose what was asked of it.
    pingInterval: 2_000,
    maxPingOut: 4,
    ignoreAuthErrorAbort: true,
    // They cost a stack for every request, in case that one fails.
    noAsyncTraces: true,
    ...(pass !== '' ? { user, pass } : user !== '' ? { token: user } : {}),
  })
}

async function load(name: string): Promise<unknown> {
  try {
    return await import(name)
  } catch (cause) {
    throw missingPackage('The NATS store needs', name, cause)
  }
}

/** @throws MillraceError `store_failed` for what is neither a URL of NATS nor a connection */
export function checkTarget(target: string | NatsConnection): void {
  if (typeof target === 'string') {
    checkUrl(target)
    return
  }
  const isConnection = target instanceof Object && 'requestMany' in target && 'isClosed' in target
  if (!isConnection) {
    throw new MillraceError('store_failed', 'The NATS store takes a URL, or a connection of the package `@nats-io/transport-node`: this is neither.')
  }
}

/** @throws MillraceError `store_failed` for what no client takes for a URL of NATS */
function checkUrl(url: string): void {
  const isNats = URL.canParse(url) && ['nats:', 'tls:'].includes(new URL(url).protocol) && new URL(url).hostname !== ''
  // The URL may hold a password: it is not repeated.
  if (!isNats) throw new MillraceError('store_failed', 'The NATS store takes a URL like nats://HOST:4222, or tls:// for TLS.')
}
