import { MillraceError } from '../event/error.ts'
import type { Dialect } from './dialect.ts'

/**
 * The text of `text` blocks and nothing else; for format `text`, which has neither cursors nor an
 * end. What was given out cannot be taken back: where the run begins anew after text, the stream is
 * cut, and its reader begins at the new attempt.
 */
export const text: Dialect = {
  name: 'text',
  version: 1,
  step(outline, entry) {
    if (entry.type === 'attempt' && outline.counts.has('text')) throw new MillraceError('reset', 'The run began anew.')
    return entry.type === 'delta' && entry.kind === 'text' ? [{ event: null, data: entry.text }] : []
  },
  heartbeat: null,
  document: null,
}
