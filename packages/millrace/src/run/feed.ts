import { MillraceError } from '../event/error.ts'
import type { ProgressFeed } from '../event/run-event.ts'
import { groupOfItem } from '../progress/item.ts'

/**
 * What is a part of something belongs to its group: else nobody who follows that would find it.
 * @throws MillraceError `invalid_request`
 */
export function groupFor(named: string | undefined, feed: ProgressFeed | null): string | undefined {
  if (feed?.parent === undefined) return named
  const group = groupOfItem(feed.parent)
  if (group === null || (named !== undefined && named !== group)) {
    throw new MillraceError('invalid_request', '`progress.parent` is the id of an item of a workflow, and the run is in the group of that.')
  }
  return group
}
