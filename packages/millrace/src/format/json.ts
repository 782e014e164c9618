import type { Format } from './format.ts'

const encoder = new TextEncoder()

/** One JSON array, an element a frame. Until its closing bracket it is no JSON, so that a cut one never looks whole. */
export const json: Format = {
  name: 'json',
  mediaType: 'application/json',
  cursors: false,
  frame(out, { data }) {
    if (typeof data === 'string') out.text(data)
    else out.raw(data)
  },
  // Between the elements of an array, JSON allows white space.
  heartbeat: encoder.encode('\n'),
  around: { head: encoder.encode('['), separator: encoder.encode(',\n'), tail: encoder.encode(']\n') },
}
