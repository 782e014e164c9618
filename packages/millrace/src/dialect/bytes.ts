import { MillraceError } from '../event/error.ts'
import type { Entry } from '../event/run-event.ts'
import type { Dialect } from './dialect.ts'

/**
 * A run as the bytes it made: those of `bytes` entries and of the text of `text` blocks, in their order.
 * What was given out cannot be taken back: where the run begins anew, the stream is cut.
 */
export const bytes: Dialect = {
  name: 'bytes',
  version: 1,
  step(_outline, entry) {
    if (entry.type === 'attempt') throw new MillraceError('reset', 'The run began anew.')
    const data = dataOf(entry)
    return data === null ? [] : [{ event: null, data }]
  },
  heartbeat: null,
  document: null,
}

function dataOf(entry: Entry): string | Uint8Array | null {
  if (entry.type === 'delta' && entry.kind === 'text') return entry.text
  return entry.type === 'bytes' ? fromBase64(entry.base64) : null
}

function fromBase64(base64: string): Uint8Array {
  try {
    return Uint8Array.from(atob(base64), (char) => char.charCodeAt(0))
  } catch (cause) {
    throw new MillraceError('invalid_event', 'The bytes of an entry are not base64.', { cause })
  }
}
