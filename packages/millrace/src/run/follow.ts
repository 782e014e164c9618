import type { Batch } from '../event/batch.ts'
import { entriesOf } from '../event/lines.ts'
import type { Entry } from '../event/run-event.ts'
import { landing } from './landing.ts'
import type { Tail } from './tail.ts'

/**
 * The batches after `after` until the terminal one, as fast as they are taken: nothing is read
 * ahead. The first may begin at or before `after`.
 * @param open gives the tail when the first batch is asked for: a tail nobody holds is soon forgotten
 * @param signal aborted when the follower leaves: its reason is thrown at once, also while the run is silent
 * @throws MillraceError `reset` or `gone` where the log moved away
 */
export async function* followBatches(open: () => Tail, after: number, signal?: AbortSignal): AsyncGenerator<Batch, void, undefined> {
  const tail = open()
  const release = tail.hold()
  let at = after
  let epoch: string | null = null
  try {
    for (;;) {
      signal?.throwIfAborted()
      const batches = await tail.since(at, epoch)
      for (const batch of batches) {
        if (batch.last <= at) continue
        yield batch
        signal?.throwIfAborted()
        at = batch.last
        epoch = batch.epoch
      }
      if (tail.ended && at >= tail.offset) return
      if (batches.length === 0) await landing(tail, at, signal)
    }
  } finally {
    release()
  }
}

/** {@link followBatches}, entry by entry. */
export async function* follow(open: () => Tail, after: number, signal?: AbortSignal): AsyncGenerator<Entry, void, undefined> {
  let at = after
  for await (const batch of followBatches(open, after, signal)) {
    for (const entry of entriesOf(batch, at)) {
      yield entry
      signal?.throwIfAborted()
      at = entry.offset
    }
  }
}
