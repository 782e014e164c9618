/** The paths both ends agree on, below whatever prefix the server is mounted at (PROTOCOL.md §3). */
export const RUNS = '/runs'

/** What follows a run's path to reach its signals. */
export const SIGNALS = '/signals'

/** `POST` to a kind starts a run; every other method names a run by its id here. */
export function runPath(idOrKind: string): string {
  return `${RUNS}/${encodeURIComponent(idOrKind)}`
}

const RUN_ID = /^[\w-]{22}(?:\.[\w-]{22})?$/

/** Whether `text` has the form of a run id: `RUN` or `GROUP.RUN`, 22 base64url characters each. */
export function isRunId(text: string): boolean {
  return RUN_ID.test(text)
}

/** Below it: a group's progress. */
export const PROGRESS = '/progress'
