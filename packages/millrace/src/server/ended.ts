import { isEndStatus } from '../event/run-event.ts'
import { landing } from '../run/landing.ts'
import type { RunRecord } from '../store/store.ts'
import type { Context } from './context.ts'

/**
 * Resolves when the run has its end, with the record then.
 * @param signal aborted when whoever waits has left: its reason is thrown, and the run goes on
 */
export async function untilEnded(context: Context, record: RunRecord, signal?: AbortSignal): Promise<RunRecord> {
  if (isEndStatus(record.status)) return record
  const tail = context.tails.of(record)
  const release = tail.hold()
  try {
    while (!tail.ended) await landing(tail, tail.offset, signal)
  } finally {
    release()
  }
  return (await context.store.find(record.id)) ?? record
}
