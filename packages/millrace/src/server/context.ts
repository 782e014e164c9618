import type { Dialect } from '../dialect/dialect.ts'
import { MillraceError } from '../event/error.ts'
import type { Logger } from '../run/logger.ts'
import type { Observe } from '../run/news.ts'
import type { Tails } from '../run/tails.ts'
import type { Worker } from '../run/worker.ts'
import type { RunId, RunRecord, Store } from '../store/store.ts'
import { isRunId } from '../protocol/routes.ts'
import type { Channels } from './channel.ts'
import type { Coding } from './compress.ts'
import type { Deadlines } from './deadlines.ts'
import type { Leaver } from './drain.ts'
import type { HeartbeatWheel } from './heartbeat.ts'
import type { Groups } from './progress/groups.ts'
import type { StreamQuota } from './quota.ts'
import type { Snapshots } from './snapshots.ts'

export interface Limits {
  /** Bytes of a request body. Default 1 MiB. */
  readonly body: number
  /** Levels of JSON in it. Default 32. */
  readonly depth: number
  /** Open streams of one principal in this process. Default 100. */
  readonly streams: number
  /** WebSockets in this process that have yet to say who they are. Default 1 000. */
  readonly strangers: number
  /** Bytes of one entry as JSON. Default and at most 1 MiB. */
  readonly entry: number
  /** Characters of a run that are answered as one JSON; a longer run is read as a stream. Default 4 Mi. */
  readonly snapshot: number
  /** How long a `?wait=` may hold a request, in ms. Default 30 000. */
  readonly wait: number
}

/** A WebSocket as shutdown sees it. */
export interface OpenSocket {
  leave(): void
}

/** What every route works with: made once for a server. */
export interface Context {
  readonly store: Store
  readonly worker: Worker
  readonly tails: Tails
  readonly channels: Channels
  readonly groups: Groups
  readonly heartbeats: HeartbeatWheel
  /** The WebSockets of this process. */
  readonly sockets: Set<OpenSocket>
  /** The streams of this process, those in sockets too. */
  readonly streams: Set<Leaver>
  /** Those that have yet to say who they are. */
  readonly strangers: Set<OpenSocket>
  readonly snapshots: Snapshots
  readonly deadlines: Deadlines
  /** `null` where everyone is one principal. */
  readonly quota: StreamQuota | null
  readonly dialects: readonly Dialect[]
  /** What a kind's answers may be packed in; empty for none. */
  readonly codings: (kind: string) => readonly Coding[]
  readonly limits: Limits
  readonly observe: Observe
  /** Aborted when this server begins to shut down. */
  readonly closing: AbortController
  readonly logger: Logger
}

/**
 * The caller's own run. Somebody else's is not there (404); an expired one is `gone` to its owner.
 * @throws MillraceError `not_found`, `gone`
 */
export async function ownRun(context: Context, principal: string, id: RunId): Promise<RunRecord> {
  const record = isRunId(id) ? await context.store.find(id) : null
  if (record?.principal !== principal) throw new MillraceError('not_found', 'There is no such run.')
  if (record.deletedAt !== null) throw new MillraceError('gone', 'This run was here; its data has expired or was deleted.')
  return record
}

/** Does what holds a connection for long under the principal's limit of streams. */
export async function withPlace<T>(context: Context, principal: string, work: () => Promise<T>): Promise<T> {
  const release = context.quota?.take(principal)
  try {
    return await work()
  } finally {
    release?.()
  }
}
