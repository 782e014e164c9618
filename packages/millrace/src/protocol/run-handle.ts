import type { EndStatus, Entry, RunStatus } from '../event/run-event.ts'
import type { SignalRequest, SnapshotReply } from './wire.ts'

export interface FollowFrom {
  /** A cursor of this run: go on after it. Default: from the start. */
  readonly after?: string
  /** Leaves when it aborts; the loop throws its reason. */
  readonly signal?: AbortSignal
}

/** What a run came to. */
export interface RunResult<Result = unknown> extends Omit<SnapshotReply, 'status' | 'result'> {
  readonly status: EndStatus
  /** What its handler returned. */
  readonly result?: Result
}

/** Entries in arrays, as they arrived together. Never an empty one. */
export interface Batches extends AsyncIterableIterator<readonly Entry[]> {
  /** The place after the array handed out last; '' before the first entry of a log. */
  readonly cursor: string
}

/** A run, in the same words whether it is read in the server's own process or by a client. */
export interface RunHandle<Result = unknown> {
  readonly id: string
  /** The entries, to the terminal one. Leaving the loop changes nothing about the run. */
  follow(from?: FollowFrom): AsyncIterableIterator<Entry>
  /** The same in arrays: one turn of the loop for what one turn can show. */
  batches(from?: FollowFrom): Batches
  /**
   * The answer's text as it comes. Ends with the run, however it ended: {@link result} says how.
   *
   * @throws MillraceError `reset` when the run begins anew after text was given out, which cannot
   *   be taken back. {@link follow} shows such a run.
   */
  text(): AsyncIterableIterator<string>
  /** What the run says so far. */
  snapshot(): Promise<SnapshotReply>
  /**
   * What the run came to, once it has its end, also where it failed or was cancelled. Rejects only
   * where that cannot be known, or with `too_large` where the run says more than its server answers
   * as one document; who asks again tries again.
   */
  readonly result: Promise<RunResult<Result>>
  /** Stops the work, for every reader. Harmless on a run that has ended. Resolves to the status after that. */
  cancel(): Promise<RunStatus>
  /**
   * Sends the work what it asks for: input, an approval. Harmless on a run that has ended.
   *
   * @throws MillraceError `invalid_input` where runs of this kind take no such signal
   */
  signal(signal: SignalRequest): Promise<RunStatus>
}
