import type { Json, RunStatus } from '../event/run-event.ts'
import type { Snapshot } from '../event/snapshot.ts'

/** A run in a list. */
export interface RunInfo {
  readonly id: string
  readonly kind: string
  readonly status: RunStatus
  readonly tail: number
  /** A short label for lists. */
  readonly title: string
  /** In ms since the epoch, by the store's clock. */
  readonly createdAt: number
  readonly endedAt: number | null
}

/** What `POST /runs/:kind` answers with `Prefer: respond-async`. */
export interface StartReply extends Pick<RunInfo, 'id' | 'kind' | 'status' | 'tail'> {
  /** False: the key joined a run that was there already. */
  readonly created: boolean
}

/** What `GET /runs/:id` answers as JSON. */
export interface SnapshotReply extends RunInfo, Snapshot {
  readonly status: RunStatus
  readonly input: Json
  /** The place it was taken at: a stream that follows it, or the next long poll, goes on from there. */
  readonly cursor: string
}

/** What `GET /runs` answers: newest first. */
export interface ListReply {
  readonly runs: readonly RunInfo[]
  /** The next page's `before`; absent on the last page. */
  readonly next?: string
}

/** What `POST /runs/:id/signals` takes. */
export interface SignalRequest {
  /** `cancel`, `input`, `approval`, … */
  readonly type: string
  /** The same id twice is one signal. Default: a random one. */
  readonly id?: string
  readonly data?: Json
}

/** What `POST /runs/:id/signals` answers. */
export interface SignalReply {
  readonly id: string
  readonly status: RunStatus
}

/** RFC 9457, with our code beside it. */
export interface Problem {
  readonly type: string
  readonly title: string
  readonly status: number
  readonly detail?: string
  readonly code: string
}
