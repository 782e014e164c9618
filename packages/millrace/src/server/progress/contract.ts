import type { ProgressFeed } from '../../event/run-event.ts'
import type { ProgressSnapshot } from '../../progress/snapshot.ts'
import type { RunInfo } from '../../protocol/wire.ts'
import type { StreamObserver } from '../stream/observer.ts'

export interface NewWorkflow {
  readonly name: string
  readonly description?: string
  /** The same key is the same workflow. */
  readonly key?: string
}

export interface NewItem {
  readonly name: string
  /** How much it counts among its siblings. Default 1. */
  readonly weight?: number
  /** How much work it is, in whatever unit its `done` is counted. */
  readonly total?: number
  /** The same key under the same workflow is the same item. */
  readonly key?: string
}

/** How far an item is. What is not named stays as it is. */
export interface ProgressUpdate {
  readonly done?: number
  readonly total?: number
  readonly message?: string
}

/**
 * Workflows of steps, subtasks and operations. An id says where an item lives, so every process that
 * has one may move it; each call resolves when the log has it, and throws `invalid_transition` for
 * what cannot be.
 */
export interface ProgressTracker {
  /** @returns the workflow's id, which is an item's, and a run's */
  createWorkflow(workflow: NewWorkflow): Promise<string>
  /** @returns the new item's id */
  addItem(parent: string, item: NewItem): Promise<string>
  /** Begins it, and what it is a part of. */
  startItem(item: string): Promise<void>
  updateProgress(item: string, progress: ProgressUpdate): Promise<void>
  increment(item: string, by?: number): Promise<void>
  /** Refused while a part of it is open. */
  completeItem(item: string, message?: string): Promise<void>
  /** Its open parts are cancelled with it, also those that a run feeds. */
  failItem(item: string, message?: string): Promise<void>
  /** Holds its parts, too. */
  pauseItem(item: string): Promise<void>
  resumeItem(item: string): Promise<void>
  skipItem(item: string, message?: string): Promise<void>
  /** Also of an item that a run feeds: that run is cancelled. */
  cancelItem(item: string, message?: string): Promise<void>
  /** A stream without a log as an item: for its `observers`. Each value counts one; it ends as the stream does, cancelled if its reader left. */
  observe(feed: ItemFeed): StreamObserver
  /** The whole workflow that an item is in. */
  getSnapshot(item: string): Promise<ProgressSnapshot>
  /** Snapshots until the workflow and its runs have ended; whoever is slow misses those between, never the last. */
  follow(item: string, options?: { readonly signal?: AbortSignal }): AsyncIterableIterator<ProgressSnapshot>
  /** The newest workflows. */
  list(): Promise<readonly RunInfo[]>
}

/** The item of progress that a stream is, a part of another one. */
export interface ItemFeed extends ProgressFeed {
  readonly parent: string
}

/** What a feed does with its item. */
export type FeedMoves = Pick<ProgressTracker, 'addItem' | 'startItem' | 'increment' | 'completeItem' | 'failItem' | 'cancelItem'>
