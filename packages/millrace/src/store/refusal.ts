import { MillraceError } from '../event/error.ts'
import type { RunId } from './store.ts'

/** Every way a store says no. Each changes nothing. */
export type Refusal = 'fenced' | 'ended' | 'conflict' | 'regressed' | 'gone' | 'not_found' | 'closed'

const MESSAGES: Readonly<Record<Refusal, string>> = {
  fenced: 'Somebody else may write to this run now: the lease is not the current one.',
  ended: 'The run has ended; nothing can be added to it.',
  conflict: 'The log has grown since: the write does not go on from its tail.',
  regressed: 'The log is shorter than the writer believes: some of it was lost.',
  gone: 'The run was deleted or its retention has passed.',
  not_found: 'There is no such run.',
  closed: 'The store is closed.',
}

/** The error every backing throws for a refusal, so that all of them say it in the same words. */
export function refusal(code: Refusal, run?: RunId): MillraceError {
  return new MillraceError(code, run === undefined ? MESSAGES[code] : `${MESSAGES[code]} Run: ${run}`)
}
