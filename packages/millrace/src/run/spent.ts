import type { RunRecord } from '../store/store.ts'
import type { AnyRunDefinition } from './define.ts'

const DEFAULT_ATTEMPTS = 5

/** Whether nobody goes on with a run of which so many producers were lost. */
export function isSpent({ recover = 'fail', attempts = DEFAULT_ATTEMPTS }: AnyRunDefinition, losses: number): boolean {
  return recover === 'fail' || losses >= attempts
}

/** The same of a run whose lease ran out, before anybody has taken it. */
export function isLostForGood(definition: AnyRunDefinition, { status, losses }: RunRecord): boolean {
  return status === 'running' && isSpent(definition, losses + 1)
}
