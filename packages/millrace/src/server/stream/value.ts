import { isEscaped } from '../../dialect/escaped-value.ts'
import { toBase64 } from '../../event/base64.ts'
import { MillraceError } from '../../event/error.ts'
import { bytesOf } from '../../format/bytes.ts'
import type { WireFrame } from '../../format/format.ts'
import { writeBytes } from '../../format/framed.ts'
import { FORMATS, type StreamFormat } from './format.ts'
import type { Fill } from './outlet.ts'

/**
 * What writes a value in a format; `null` where it says nothing there.
 * @param event the name of SSE events that do not bring their own
 * @throws MillraceError `invalid_event` for what has no JSON, would lose what it holds there, or would forge a field
 */
export function fillOf(format: StreamFormat, given: unknown, event: string | null): Fill | null {
  const value = bytesOf(given) ?? given
  if (value === undefined) return null
  if (format === 'framed' && value instanceof Uint8Array) return (out) => writeBytes(out, value)
  const frame = frameOf(format, value, event)
  return frame && ((out) => FORMATS[format].frame(out, frame))
}

function frameOf(format: StreamFormat, value: unknown, event: string | null): WireFrame | null {
  if (format === 'sse') return sseFrame(value, event)
  const data = format === 'text' || format === 'binary' ? plainOf(value) : jsonOf(value)
  return data === null ? null : { cursor: null, event: null, data }
}

/** Text and HTML stand in an event as they are, everything else as JSON. */
function sseFrame(value: unknown, event: string | null): WireFrame {
  if (!isSseEvent(value)) return { cursor: null, event, data: wordsOf(value) ?? jsonOf(value) }
  const { id, event: own = event, data } = value
  if (own !== null && typeof own !== 'string') throw new MillraceError('invalid_event', 'The name of an SSE event is a string.')
  if (id !== undefined && typeof id !== 'string' && typeof id !== 'number') {
    throw new MillraceError('invalid_event', 'The id of an SSE event is a string or a number.')
  }
  return { cursor: id === undefined ? null : String(id), event: own, data: wordsOf(data) ?? jsonOf(data) }
}

interface SseEvent {
  readonly id?: unknown
  readonly event?: unknown
  readonly data: unknown
}

/** An object of these fields alone says what the event is; one with any other is the event's data, and loses nothing. */
function isSseEvent(value: unknown): value is SseEvent {
  return typeof value === 'object' && value !== null && 'data' in value && Object.keys(value).every((key) => EVENT_FIELDS.includes(key))
}
const EVENT_FIELDS: readonly string[] = ['id', 'event', 'data']

/** A text, HTML or bytes as they are; of a run's events the text; any other object as a line of JSON. */
function plainOf(value: unknown): string | Uint8Array | null {
  if (value instanceof Uint8Array) return value
  if (value instanceof Blob) throw noBlob()
  const words = wordsOf(value)
  if (words !== null) return words
  if (typeof value !== 'object' || value === null) return jsonOf(value)
  if ('type' in value && typeof value.type === 'string') return textOf(value)
  return `${jsonOf(value)}\n`
}

function textOf(event: object): string | null {
  const { type, kind = 'text', text } = event as { readonly type: unknown; readonly kind?: unknown; readonly text?: unknown }
  return type === 'delta' && kind === 'text' && typeof text === 'string' ? text : null
}

/** What is no data but words. */
function wordsOf(value: unknown): string | null {
  if (typeof value === 'string') return value
  if (typeof value === 'bigint') return String(value)
  if (!isEscaped(value)) return null
  const markup = value.toString()
  if (typeof markup === 'string') return markup
  throw new MillraceError('invalid_event', 'This element is not rendered yet: await it first.')
}

function jsonOf(value: unknown): string {
  if (value instanceof Blob) throw noBlob()
  const bytes = bytesOf(value)
  const said = bytes ? { type: 'bytes', base64: toBase64(bytes) } : (wordsOf(value) ?? value)
  const json = jsonText(said)
  if (json === undefined) throw new MillraceError('invalid_event', `A ${typeof value} cannot be sent: it has no JSON.`)
  return json
}

/** Its bytes come later, and JSON would say `{}`. */
function noBlob(): MillraceError {
  return new MillraceError('invalid_event', 'A Blob cannot be sent as one value: make its `stream()` the source, or await its `arrayBuffer()`.')
}

/** `undefined` for functions and symbols, whatever the types say. */
function jsonText(value: unknown): string | undefined {
  try {
    return JSON.stringify(value)
  } catch (cause) {
    throw new MillraceError('invalid_event', 'This value cannot be sent: it has no JSON.', { cause })
  }
}
