import type { Batch } from '../event/batch.ts'
import { entriesOf } from '../event/lines.ts'
import type { Entry } from '../event/run-event.ts'
import type { Tail } from './tail.ts'

/**
 * The batches after `after` until the terminal one, as fast as they are taken: nothing is read
 * ahead. The first may begin at or before `after`.
 * @param open gives the tail when the first batch is asked for: a tail nobody holds is soon forgotten
 * @throws MillraceError `reset` or `gone` where the log moved away
 */
async function* followBatches(open: () => Tail, after: number): AsyncGenerator<Batch, void, undefined> {
  const tail = open()
  const release = tail.hold()
  let at = after
  let epoch: string | null = null
  try {
    for (;;) {
      const batches = await tail.since(at, epoch)
      for (const batch of batches) {
        if (batch.last <= at) continue
        yield batch
        at = batch.last
        epoch = batch.epoch
      }
      if (tail.ended && at >= tail.offset) return
      if (batches.length === 0) await landing(tail, at)
    }
  } finally {
    release()
  }
}

/** {@link followBatches}, entry by entry. */
export async function* follow(open: () => Tail, after: number): AsyncGenerator<Entry, void, undefined> {
  let at = after
  for await (const batch of followBatches(open, after)) {
    for (const entry of entriesOf(batch, at)) {
      yield entry
      at = entry.offset
    }
  }
}

/** Resolves when something lands after `at`. */
function landing(tail: Tail, at: number): Promise<void> {
  if (tail.offset > at) return Promise.resolve()
  return new Promise((resolve, reject) => {
    const listener = {
      onBatch: (): void => {
        tail.leave(listener)
        resolve()
      },
      onLost: (error: unknown): void => {
        reject(error instanceof Error ? error : new Error('the log was lost', { cause: error }))
      },
    }
    tail.join(listener)
  })
}
