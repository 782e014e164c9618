import { createParser } from 'eventsource-parser'
import { FramedDecoder } from '../../packages/millrace/src/format/framed-decode.ts'

/** A frame, as somebody else's parser reads it where there is one. */
export interface Frame {
  readonly cursor: string | null
  readonly event: string | null
  readonly data: Readonly<Record<string, unknown>>
}

export type Framing = 'sse' | 'ndjson' | 'framed'

export const ACCEPTS: Readonly<Record<Framing, string>> = {
  sse: 'text/event-stream', ndjson: 'application/x-ndjson', framed: 'application/vnd.millrace.frames',
}

/** The complete frames in `bytes`: what a cut left of the last one is thrown away. */
export function framesIn(bytes: Uint8Array, framing: Framing): Frame[] {
  if (framing === 'sse') return sseFrames(bytes)
  return framing === 'ndjson' ? ndjsonFrames(bytes) : framedFrames(bytes)
}

function sseFrames(bytes: Uint8Array): Frame[] {
  const frames: Frame[] = []
  const parser = createParser({
    onEvent: ({ id, event, data }) => frames.push({ cursor: id ?? null, event: event ?? null, data: JSON.parse(data) as Frame['data'] }),
    onError: (error) => {
      throw error
    },
  })
  // Streaming, so that half a character at a cut is held back.
  parser.feed(new TextDecoder().decode(bytes, { stream: true }))
  return frames
}

function ndjsonFrames(bytes: Uint8Array): Frame[] {
  const lines = new TextDecoder().decode(bytes, { stream: true }).split('\n').slice(0, -1)
  return lines.filter((line) => line !== '').map((line) => {
    const { cursor = null, ...data } = JSON.parse(line) as Record<string, unknown> & { cursor?: string | null }
    return { cursor, event: null, data }
  })
}

function framedFrames(bytes: Uint8Array): Frame[] {
  return new FramedDecoder().push(bytes).map(({ cursor, data }) => ({ cursor, event: null, data: data as Frame['data'] }))
}

/** What frames say, whatever pieces the text came in. */
export function said(frames: readonly Frame[]): readonly unknown[] {
  const out: { readonly key: string; value: unknown }[] = []
  for (const { event, data } of frames) {
    const delta = deltaOf(data)
    const last = out.at(-1)
    if (delta !== null && last?.key === delta.key) last.value = `${last.value as string}${delta.text}`
    else out.push(delta === null ? { key: '', value: { event, data } } : { key: delta.key, value: delta.text })
  }
  return out
}

/** A piece of text in any vocabulary, and what it is a piece of. */
function deltaOf(data: Frame['data']): { readonly key: string; readonly text: string } | null {
  const { content, metadata } = data as { readonly content?: string; readonly metadata?: Frame['data'] }
  if (content !== undefined) return { key: 'chunk', text: content }
  if (metadata?.['type'] === 'delta') return deltaOf(metadata)
  if (typeof data['delta'] === 'string') return { key: `${String(data['type'])} ${String(data['messageId'] ?? data['toolCallId'])}`, text: data['delta'] }
  if (data['type'] === 'delta') return { key: `${String(data['block'])} ${String(data['kind'])} ${String(data['nth'])}`, text: data['text'] as string }
  if (data['type'] !== 'content_block_delta') return null
  const { type, ...rest } = data['delta'] as Record<string, unknown>
  const text = Object.values(rest)[0]
  return typeof text === 'string' ? { key: `${String(data['index'])} ${String(type)}`, text } : null
}
