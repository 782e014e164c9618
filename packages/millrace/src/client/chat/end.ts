import type { EndEvent } from '../../event/run-event.ts'
import type { Snapshot } from '../../event/snapshot.ts'

/** What there is to say of an end. */
export type Ended = Pick<Snapshot, 'status' | 'usage' | 'reason' | 'error' | 'result'>

/** The end that a snapshot tells of. */
export function endOf({ status, usage, reason, error, result }: Ended): EndEvent {
  return {
    type: 'end',
    status: status as EndEvent['status'],
    ...(reason !== undefined && { reason }),
    ...(error && { error }),
    ...(usage && { usage }),
    ...(result !== undefined && { result }),
  }
}
