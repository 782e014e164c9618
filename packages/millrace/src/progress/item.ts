import type { ProgressStatus } from '../event/run-event.ts'

/** A stretch of time in ms; it lasts still where `to` is Infinity. */
export interface Span {
  readonly from: number
  readonly to: number
}

/** An item as its own run's log has it. */
export interface Item {
  /** `RUN` for what a whole run is, else `RUN/NAME`: an id says in which run's log its item lives. */
  readonly id: string
  readonly run: string
  readonly parent: string | null
  readonly name: string
  /** Its own: {@link statusUnder} says what it comes to under its parent. */
  readonly status: ProgressStatus
  readonly done: number | null
  readonly total: number | null
  readonly weight: number
  readonly message: string | null
  /** When it began and ended, where that was said. */
  readonly began: number | null
  readonly ended: number | null
  readonly pauses: readonly Span[]
}

export type Level = 'workflow' | 'step' | 'subtask' | 'operation'

/** How deep an item lies is what it is called. */
export const LEVELS: readonly Level[] = ['workflow', 'step', 'subtask', 'operation']

const ID = /^([\w-]{22}(?:\.[\w-]{22})?)(?:\/|$)/

/** The run in whose log an item lives; `null` for what names no run. */
export function runOfItem(id: string): string | null {
  return ID.exec(id)?.[1] ?? null
}

/** The group of the run an item lives in; `null` where that is in none. */
export function groupOfItem(id: string): string | null {
  const run = runOfItem(id)
  return run === null || run.length === 22 ? null : run.slice(0, 22)
}

export function isSettled(status: ProgressStatus): boolean {
  return status === 'completed' || status === 'failed' || status === 'skipped' || status === 'cancelled'
}

/**
 * What an item comes to under a parent in this status: the whole of cascading. Nothing is written for
 * it, so it holds in every run's log alike, and resuming a parent gives each child back its own status.
 */
export function statusUnder(parent: ProgressStatus, own: ProgressStatus): ProgressStatus {
  if (isSettled(own)) return own
  if (parent === 'failed' || parent === 'cancelled') return 'cancelled'
  if (parent === 'skipped') return 'skipped'
  // Nothing is left open by whoever says that all is done.
  if (parent === 'completed') return own === 'pending' ? 'skipped' : 'completed'
  return parent === 'paused' && own === 'running' ? 'paused' : own
}
