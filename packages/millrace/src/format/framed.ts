import { MillraceError } from '../event/error.ts'
import type { ByteWriter } from './bytes.ts'
import type { Format, WireFrame } from './format.ts'

const encoder = new TextEncoder()

/** What a frame holds: its first byte (PROTOCOL.md §3). */
export const KIND = { json: 0, bytes: 1, end: 2 } as const
/** Of a frame, the four bytes of its own length not counted. */
export const MAX_FRAME: number = 16 * 1024 * 1024
/** Kind, and the cursor's length. */
export const FRAME_HEAD = 2

/** Length-prefixed frames: for programs that want cursors and bytes without the cost of text. */
export const framed: Format = {
  name: 'framed',
  mediaType: 'application/vnd.millrace.frames',
  cursors: true,
  frame: (out, { cursor, data }) => writeFrame(out, KIND.json, cursor, data),
  heartbeat: new Uint8Array(4),
  around: { head: new Uint8Array(0), separator: new Uint8Array(0), tail: Uint8Array.of(0, 0, 0, FRAME_HEAD, KIND.end, 0) },
}

/** Bytes as they are: what JSON could hold only as base64. */
export function writeBytes(out: ByteWriter, bytes: Uint8Array): void {
  writeFrame(out, KIND.bytes, null, bytes)
}

function writeFrame(out: ByteWriter, kind: number, cursor: string | null, data: WireFrame['data']): void {
  const place = encoder.encode(cursor ?? '')
  const body = typeof data === 'string' ? encoder.encode(data) : data
  const length = FRAME_HEAD + place.length + body.length
  if (place.length > 0xff || length > MAX_FRAME) throw new MillraceError('invalid_event', 'A frame holds 16 MiB at most.')
  const head = new DataView(new ArrayBuffer(4 + FRAME_HEAD))
  head.setUint32(0, length)
  head.setUint8(4, kind)
  head.setUint8(5, place.length)
  out.raw(new Uint8Array(head.buffer))
  out.raw(place)
  out.raw(body)
}
