import type { Outline } from '../event/outline.ts'
import type { AnswerEvent, AskEvent, EndEvent, Entry, FileEvent, Json, SourceEvent, UserEvent } from '../event/run-event.ts'
import { approvalOf } from '../event/kept.ts'
import { begun, closed, ended, grown, stepBefore } from './ai-sdk-blocks.ts'
import type { UiChunk, UiFinishReason } from './ai-sdk-chunk.ts'
import type { Dialect, DialectFrame } from './dialect.ts'
import { failureOf } from './failure.ts'
import { hasPrototype, withoutPrototype } from './plain-json.ts'

/**
 * The AI SDK's UI message stream, version 1, as `useChat` reads it. Its client checks every chunk by a
 * schema and ends the stream at the first that it refuses, or that names a part it has not seen: what
 * has no place there is a `data-` part, or left out. The mapping is the table in PROTOCOL.md §6.
 */
export const aiSdk: Dialect = {
  name: 'ai-sdk',
  version: 1,
  step: (outline, entry) => chunksOf(outline, entry).map(frame),
  keeping: 'open tools',
  farewell: () => 1,
  heartbeat: null,
  done: '[DONE]',
  headers: { 'x-vercel-ai-ui-message-stream': 'v1' },
  document: null,
}

const FINISH_REASONS: ReadonlyMap<string, UiFinishReason> = new Map([
  ['stop', 'stop'], ['length', 'length'], ['stop_sequence', 'stop'], ['tool_calls', 'tool-calls'], ['content_filter', 'content-filter'],
])

/** What an application says, and what people answer, may have keys at which the client ends the stream. */
function frame(chunk: UiChunk): DialectFrame {
  return { event: null, data: JSON.stringify(hasPrototype(chunk) ? withoutPrototype(chunk as Json) : chunk) }
}

function chunksOf(outline: Outline, entry: Entry): readonly UiChunk[] {
  switch (entry.type) {
    case 'start':
      return starting(entry.message ?? entry.run)
    case 'block_start':
      return [...stepBefore(outline, entry), ...begun(outline, entry)]
    case 'delta':
      return grown(outline, entry)
    case 'block_end':
      return closed(outline, entry)
    case 'source':
      return [sourceOf(outline, entry)]
    case 'file':
      return [fileOf(entry)]
    case 'status':
      return [{ type: 'data-status', data: saidBy(entry), transient: true }]
    case 'progress':
      return [{ type: 'data-progress', id: entry.item, data: saidBy(entry) }]
    case 'ask':
      return [asked(outline, entry)]
    case 'answer':
      return answered(outline, entry)
    case 'usage':
      return [{ type: 'message-metadata', messageMetadata: { usage: entry.usage } }]
    case 'bytes':
      return []
    case 'attempt':
      return [takeBack(outline), ...starting(outline.message)]
    case 'error':
      return [{ type: 'data-error', data: { ...entry.error } }]
    case 'end':
      return end(outline, entry)
    default:
      return [own(entry)]
  }
}

function sourceOf({ run, sources }: Outline, { title, url, relevance, excerpt }: SourceEvent): UiChunk {
  const sourceId = `${run}-${String(sources)}`
  const more = { ...(relevance === undefined ? {} : { relevance }), ...(excerpt === undefined ? {} : { excerpt }) }
  const said = { sourceId, title, ...(Object.keys(more).length === 0 ? {} : { providerMetadata: { millrace: more } }) }
  return url === undefined ? { type: 'source-document', mediaType: 'text/plain', ...said } : { type: 'source-url', url, ...said }
}

function fileOf({ name, url, mediaType = 'application/octet-stream' }: FileEvent): UiChunk {
  return { type: 'file', url, mediaType, providerMetadata: { millrace: { name } } }
}

/** The approval of a tool call that the client has is asked for at that call; all else is a part of its own. */
function asked({ kept }: Outline, entry: Entry<AskEvent>): UiChunk {
  const approval = kept && approvalOf(kept, entry)
  if (!approval) return { type: 'data-ask', id: entry.id, data: saidBy(entry) }
  const { message } = entry
  return { type: 'tool-approval-request', approvalId: approval.id, toolCallId: approval.call, ...(message === undefined ? {} : { reason: message }) }
}

function answered({ kept }: Outline, entry: Entry<AnswerEvent>): readonly UiChunk[] {
  const { id, approved = false, message } = entry
  const approval = kept?.approvals.find((one) => one.id === id)
  if (!approval) return [{ type: 'data-answer', id, data: saidBy(entry) }]
  const response: UiChunk = { type: 'tool-approval-response', approvalId: id, approved, ...(message === undefined ? {} : { reason: message }) }
  return approved ? [response] : [response, { type: 'tool-output-denied', toolCallId: approval.call }]
}

function starting(messageId: string): readonly UiChunk[] {
  return [{ type: 'start', messageId }, { type: 'start-step' }]
}

/** The client can take back one step and no more. Whoever is told this error reads again, and is given the new attempt alone. */
function takeBack({ counts }: Outline): UiChunk {
  if ((counts.get('tool_result') ?? 0) === 0) return { type: 'reset-step' }
  return { type: 'error', errorText: 'The answer began anew. Load it again.' }
}

/** An event of the application's own: one of the same `id` takes the place of the one before. */
function own(entry: Entry<UserEvent>): UiChunk {
  const data = saidBy(entry)
  return { type: `data-${entry.type}`, ...(typeof data['id'] === 'string' ? { id: data['id'] } : {}), data }
}

function saidBy(entry: Entry<{ readonly type: string }>): { readonly [field: string]: Json } {
  const { type: _type, offset: _offset, ...said } = entry
  return said
}

function end(outline: Outline, entry: EndEvent): readonly UiChunk[] {
  const closing = outline.open.flatMap((open) => ended(outline, open, entry.status))
  switch (entry.status) {
    case 'failed':
      return [...closing, { type: 'error', errorText: failureOf(entry).message }]
    case 'cancelled':
      // With this reason the client sends nothing of itself, whatever its tools came to.
      return [...closing, { type: 'abort', reason: 'cancelled' }, { type: 'finish', finishReason: 'interrupted' }]
    default:
      return [...closing, { type: 'finish-step' }, { type: 'finish', finishReason: finishReason(outline, entry), ...usageOf(entry) }]
  }
}

function finishReason({ last }: Outline, { reason }: EndEvent): UiFinishReason {
  if (reason === undefined) return last === 'tool_call' ? 'tool-calls' : 'stop'
  return FINISH_REASONS.get(reason) ?? 'other'
}

function usageOf({ usage }: EndEvent): { readonly messageMetadata?: { readonly usage: NonNullable<EndEvent['usage']> } } {
  return usage ? { messageMetadata: { usage } } : {}
}
