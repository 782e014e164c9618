import type { Dialect } from './dialect.ts'

/** The text of `text` blocks and nothing else; for format `text`, which has neither cursors nor an end. */
export const text: Dialect = {
  name: 'text',
  version: 1,
  step: (_outline, entry) => (entry.type === 'delta' && entry.kind === 'text' ? [{ event: null, data: entry.text }] : []),
  heartbeat: null,
  document: null,
}
