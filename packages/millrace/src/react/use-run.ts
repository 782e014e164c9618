import { useMemo, useSyncExternalStore } from 'react'
import type { Followed } from '../client/view/follower.ts'
import { createRunView, type RunSnapshot, type RunView, type RunViewOptions } from '../client/view/run-view.ts'

export interface RunState extends RunSnapshot, Pick<RunView, 'cancel' | 'signal' | 'reconnect'> {}

/**
 * A run, as far as it has come: the component renders at most once a frame while it grows. Leaving the page
 * stops nothing but the reading.
 *
 * @param run `millrace.open(id)` or what `millrace.start` gave; `null`: none yet. Another handle of the same id is the same run.
 */
export function useRun(run: Followed | null, options?: RunViewOptions): RunState {
  const id = run?.id
  // By the id, because `useRun(millrace.open(id))` makes a handle with every rendering.
  const view = useMemo(() => createRunView(run, options), [id, options?.keep])
  const snapshot = useSyncExternalStore(view.subscribe, view.getSnapshot, view.getServerSnapshot)
  return useMemo(() => ({ ...snapshot, cancel: view.cancel, signal: view.signal, reconnect: view.reconnect }), [snapshot, view])
}
