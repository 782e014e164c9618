import type { Outline } from '../event/outline.ts'
import type { RunEvent } from '../event/run-event.ts'
import type { Dialect, DialectFrame } from './dialect.ts'

/** The vocabulary itself (PROTOCOL.md §3): each entry is one frame. */
export const millrace: Dialect = { name: 'millrace', version: 1, step: null, join, heartbeat: null, document: null }

/** What the outline remembers, as the events it came from. */
function join({ run, kind, attempt, open, usage }: Outline): readonly DialectFrame[] {
  const events: readonly RunEvent[] = [
    { type: 'start', run, kind },
    ...(attempt > 1 ? [{ type: 'attempt' as const, n: attempt }] : []),
    ...open.map((block) => ({ type: 'block_start' as const, ...block })),
    ...(usage ? [{ type: 'usage' as const, usage }] : []),
  ]
  return events.map((event) => ({ event: null, data: JSON.stringify(event) }))
}
