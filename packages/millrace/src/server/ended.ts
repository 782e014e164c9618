import { MillraceError } from '../event/error.ts'
import { isEndStatus } from '../event/run-event.ts'
import type { Tail } from '../run/tail.ts'
import type { RunRecord } from '../store/store.ts'
import type { Context } from './context.ts'

/**
 * Resolves when the run has its end, with the record then.
 * @param signal aborted when whoever waits has left; the run goes on
 */
export async function untilEnded(context: Context, record: RunRecord, signal: AbortSignal): Promise<RunRecord> {
  if (isEndStatus(record.status)) return record
  const tail = context.tails.of(record)
  const release = tail.hold()
  try {
    await endOf(tail, signal)
  } finally {
    release()
  }
  return (await context.store.find(record.id)) ?? record
}

function endOf(tail: Tail, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const leave = (): void => {
      tail.leave(listener)
      signal.removeEventListener('abort', onAbort)
    }
    const onAbort = (): void => {
      leave()
      reject(new MillraceError('closed', 'Whoever waited for the end has left.'))
    }
    const listener = {
      onBatch: (): void => {
        if (!tail.ended) return
        leave()
        resolve()
      },
      onLost: (error: unknown): void => {
        leave()
        reject(error instanceof Error ? error : new Error('the log was lost', { cause: error }))
      },
    }
    if (tail.ended) resolve()
    else if (signal.aborted) onAbort()
    else {
      signal.addEventListener('abort', onAbort)
      tail.join(listener)
    }
  })
}
