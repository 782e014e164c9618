import { MillraceError } from '../event/error.ts'
import { isEndStatus, type EndStatus, type Json } from '../event/run-event.ts'
import type { Snapshot } from '../event/snapshot.ts'
import type { RunId, Store } from '../store/store.ts'
import { landing } from './landing.ts'
import { snapshotOf } from './sealer.ts'
import type { Tails } from './tails.ts'

/** What a run came to, as another run of the same principal is told of it. */
export interface Outcome extends Snapshot {
  readonly status: EndStatus
  readonly kind: string
  readonly input: Json
}

export interface OutcomeSource {
  readonly store: Store
  readonly tails: Tails
  /** UTF-16 units of text and other content. */
  readonly maxText: number
}

/**
 * Waits for a run's end. One call of the store for its input and one for what it said, where it has ended.
 * @throws MillraceError `not_found` also where it is another principal's, `gone`, `too_large`
 */
export async function outcomeOf({ store, tails, maxText }: OutcomeSource, principal: string, id: RunId, signal: AbortSignal): Promise<Outcome> {
  const record = await store.find(id)
  if (record?.principal !== principal) throw new MillraceError('not_found', 'There is no such run.')
  if (record.deletedAt !== null) throw new MillraceError('gone', 'This run was here; its data has expired or was deleted.')
  if (!isEndStatus(record.status)) {
    const tail = tails.of(record)
    const release = tail.hold()
    try {
      while (!tail.ended) await landing(tail, tail.offset, signal)
    } finally {
      release()
    }
  }
  const { input } = await store.load(id)
  const snapshot = await snapshotOf(store, id, maxText)
  return { ...snapshot, status: snapshot.status as EndStatus, kind: record.kind, input: JSON.parse(input) as Json }
}
