import type { Format } from './format.ts'

/** Plain text: no cursors, no heartbeats, and no way to tell an end from a cut but the body's own. */
export const plainText: Format = {
  name: 'text',
  mediaType: 'text/plain; charset=utf-8',
  cursors: false,
  frame(out, { data }) {
    if (typeof data === 'string') out.text(data)
    else out.raw(data)
  },
  heartbeat: null,
}
