import type { Outline } from '../event/outline.ts'
import type { BlockKind, BlockStartEvent, EndEvent, Entry, SourceEvent, Usage } from '../event/run-event.ts'
import type { Snapshot, SnapshotBlock } from '../event/snapshot.ts'
import type { Dialect, DialectDocument, DialectFrame, DocumentHead } from './dialect.ts'
import { BEGUN_ANEW, failureOf } from './failure.ts'
import { named } from './named.ts'
import { errorOf, failedDocument, farewell, hasSpoken, refusal } from './openai-common.ts'

/**
 * Chat completions, as the vendor's own client and all who copied its API read them: one choice, whose
 * deltas are put together, and `[DONE]`. The mapping is the table in PROTOCOL.md §6.
 */
export const openai: Dialect = {
  name: 'openai',
  version: 1,
  step,
  farewell,
  heartbeat: null,
  done: '[DONE]',
  refusal,
  document,
}

/** The vendor's client throws at a call beyond that. */
const MOST_CALLS = 128
const FINISH_REASONS: ReadonlyMap<string | undefined, string> = new Map([
  ['stop', 'stop'], ['stop_sequence', 'stop'], ['pause', 'stop'], ['length', 'length'], ['tool_calls', 'tool_calls'], ['content_filter', 'content_filter'],
])

function step(outline: Outline, entry: Entry): readonly DialectFrame[] {
  switch (entry.type) {
    case 'start':
      return [chunk(entry, { role: 'assistant' })]
    case 'block_start':
      return isCall(entry) ? [chunk(outline, { tool_calls: [{ index: entry.nth, ...callOf(outline.run, entry, '') }] })] : []
    case 'delta': {
      const delta = deltaOf(entry)
      return delta ? [chunk(outline, delta)] : []
    }
    case 'source':
      return [chunk(outline, { annotations: [annotationOf(entry)] })]
    case 'attempt':
      return [...(hasSpoken(outline) ? [frame(errorOf(BEGUN_ANEW))] : []), chunk(outline, { role: 'assistant' })]
    case 'end':
      return [end(outline, entry)]
    default:
      return []
  }
}

function end(outline: Outline, entry: EndEvent): DialectFrame {
  if (entry.status !== 'completed') return frame(errorOf(failureOf(entry)))
  const usage = entry.usage ?? outline.usage
  return chunk(outline, {}, finishReason(entry.reason, outline.last), usage ? { usage: usageOf(usage) } : {})
}

function frame(body: object): DialectFrame {
  return { event: null, data: JSON.stringify(body) }
}

function chunk(of: DocumentHead, delta: object, finish: string | null = null, more: object = {}): DialectFrame {
  return frame({ ...headOf(of, 'chat.completion.chunk'), choices: [{ index: 0, delta, finish_reason: finish }], ...more })
}

/** No time: frames are the same whoever makes them, and the log tells none. */
function headOf({ run, kind }: DocumentHead, object: string): object {
  return { id: `chatcmpl-${run}`, object, created: 0, model: `millrace/${kind}` }
}

function isCall({ kind, nth }: { readonly kind: BlockKind; readonly nth: number }): boolean {
  return kind === 'tool_call' && nth < MOST_CALLS
}

function callOf(run: string, { id, name, block }: Pick<BlockStartEvent, 'id' | 'name' | 'block'>, json: string): object {
  return { id: named(id, `call_${run}_${String(block)}`), type: 'function', function: { name: named(name, 'tool'), arguments: json } }
}

function deltaOf({ kind, nth, text }: { readonly kind: BlockKind; readonly nth: number; readonly text: string }): object | null {
  if (kind === 'text') return { content: text }
  if (kind === 'reasoning') return { reasoning_content: text }
  return isCall({ kind, nth }) ? { tool_calls: [{ index: nth, function: { arguments: text } }] } : null
}

function annotationOf({ title, url }: Omit<SourceEvent, 'type'>): object {
  return { type: 'url_citation', url_citation: { title, url: url ?? '', start_index: 0, end_index: 0 } }
}

function finishReason(reason: string | undefined, last: BlockKind | null): string {
  return FINISH_REASONS.get(reason) ?? (last === 'tool_call' ? 'tool_calls' : 'stop')
}

function usageOf({ input = 0, output = 0 }: Usage): object {
  return { prompt_tokens: input, completion_tokens: output, total_tokens: input + output }
}

/** The answer to a request that did not ask for a stream. */
function document(head: DocumentHead, snapshot: Snapshot): DialectDocument {
  if (snapshot.status !== 'completed') return failedDocument(snapshot)
  const { blocks, sources, usage, reason } = snapshot
  const reasoning = textOf(blocks, 'reasoning')
  const calls = blocks.filter(({ kind }) => kind === 'tool_call').slice(0, MOST_CALLS)
  const message = {
    role: 'assistant', content: textOf(blocks, 'text'), refusal: null,
    ...(reasoning === null ? {} : { reasoning_content: reasoning }),
    ...(calls.length === 0 ? {} : { tool_calls: calls.map((block) => callOf(head.run, block, block.text)) }),
    ...(sources.length === 0 ? {} : { annotations: sources.map(annotationOf) }),
  }
  const choice = { index: 0, message, logprobs: null, finish_reason: finishReason(reason, blocks.at(-1)?.kind ?? null) }
  return { status: 200, body: { ...headOf(head, 'chat.completion'), choices: [choice], ...(usage ? { usage: usageOf(usage) } : {}) } }
}

/** `null` where the run has no block of that kind. */
function textOf(blocks: readonly SnapshotBlock[], kind: BlockKind): string | null {
  const texts = blocks.filter((block) => block.kind === kind).map(({ text }) => text)
  return texts.length === 0 ? null : texts.join('')
}
