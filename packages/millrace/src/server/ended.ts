import { isEndStatus } from '../event/run-event.ts'
import { landing } from '../run/landing.ts'
import type { Follower } from '../run/readership.ts'
import type { RunRecord } from '../store/store.ts'
import type { Context } from './context.ts'

/** One who only waits has nothing that could pile up. */
export const PRESENT: Follower = { stalled: 0 }

/**
 * Resolves when the run has its end, with the record then.
 * @param signal aborted when whoever waits has left: its reason is thrown, and the run goes on
 */
export async function untilEnded(context: Context, record: RunRecord, signal?: AbortSignal): Promise<RunRecord> {
  if (isEndStatus(record.status)) return record
  const tail = context.tails.of(record)
  const release = tail.hold()
  const unfollow = context.worker.follow(record, { ...PRESENT })
  try {
    while (!tail.ended) await landing(tail, tail.offset, signal)
  } finally {
    release()
    unfollow()
  }
  return (await context.store.find(record.id)) ?? record
}
