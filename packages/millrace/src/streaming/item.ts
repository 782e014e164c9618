import { MillraceError } from '../event/error.ts'
import type { ItemFeed, ProgressTracker } from '../server/progress/contract.ts'
import type { StreamObserver } from '../server/stream/observer.ts'

/** Of `millrace/progress`: moves the items that streams are. */
export type ItemTracker = Pick<ProgressTracker, 'observe'>

/** Who is told what becomes of a stream: where that is an item of progress, its tracker too. */
export function withItem(observers: readonly StreamObserver[], item: ItemFeed | null, tracker: ItemTracker | undefined): readonly StreamObserver[] {
  return item === null ? observers : [...observers, needed(tracker).observe(item)]
}

/** @throws MillraceError `invalid_request` */
export function needed(tracker: ItemTracker | undefined): ItemTracker {
  if (tracker) return tracker
  throw new MillraceError('invalid_request', 'A stream that is an item of progress needs a `tracker`: what `createProgressTracker` returns.')
}
