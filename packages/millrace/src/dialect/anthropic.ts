import type { OpenBlock, Outline } from '../event/outline.ts'
import type { BlockKind, EndEvent, Entry, PublicErrorInfo, SourceEvent, Usage } from '../event/run-event.ts'
import type { Snapshot, SnapshotBlock } from '../event/snapshot.ts'
import type { Dialect, DialectDocument, DialectFrame, DocumentHead, Refused } from './dialect.ts'
import { BEGUN_ANEW, failureOf, NO_RETRY } from './failure.ts'
import { named } from './named.ts'
import { parsePlain } from './plain-json.ts'

/**
 * The Messages API's stream, as the vendor's own client reads it: every frame has an `event:` line,
 * the blocks of text, thinking and tool use are numbered among themselves, and failure is an
 * `error` event. The mapping is the table in PROTOCOL.md §6.
 */
export const anthropic: Dialect = {
  name: 'anthropic',
  version: 1,
  step,
  join,
  farewell: () => 1,
  heartbeat: { event: 'ping', data: '{"type":"ping"}' },
  refusal,
  document,
}

const MAPPED: readonly BlockKind[] = ['text', 'reasoning', 'tool_call']
const ERROR_TYPES: Readonly<Record<number, string>> = {
  401: 'authentication_error', 403: 'permission_error', 404: 'not_found_error', 413: 'request_too_large', 429: 'rate_limit_error', 503: 'overloaded_error',
}
const STOP_REASONS: ReadonlyMap<string | undefined, string> = new Map([
  ['stop', 'end_turn'], ['length', 'max_tokens'], ['stop_sequence', 'stop_sequence'], ['tool_calls', 'tool_use'], ['content_filter', 'refusal'],
  ['pause', 'pause_turn'],
])

function step(outline: Outline, entry: Entry): readonly DialectFrame[] {
  switch (entry.type) {
    case 'start':
      return [frame('message_start', { message: emptyMessage(entry.run, entry.kind) })]
    case 'block_start':
      return blockFrame('content_block_start', indexOf(outline, entry), { content_block: emptyBlock(entry) })
    case 'delta':
      return blockFrame('content_block_delta', indexOf(outline, entry), { delta: deltaOf(entry.kind, entry.text) })
    case 'block_end':
      return blockFrame('content_block_stop', indexOf(outline, entry), {})
    case 'source':
      return citation(outline, entry)
    case 'attempt':
      return [errorFrame(BEGUN_ANEW), frame('message_start', { message: emptyMessage(outline.run, outline.kind) })]
    case 'end':
      return end(outline, entry)
    default:
      return []
  }
}

/** Its clients find a block by its place among all: those that are closed are opened and closed again, empty. */
function join(outline: Outline): readonly DialectFrame[] {
  const open = new Map(outline.open.map((block) => [indexOf(outline, block), block]))
  const count = MAPPED.reduce((sum, kind) => sum + (outline.counts.get(kind) ?? 0), 0)
  const blocks = Array.from({ length: count }, (_, index) => {
    const block = open.get(index)
    const start = frame('content_block_start', { index, content_block: block ? emptyBlock(block) : { type: 'text', text: '' } })
    return block ? [start] : [start, frame('content_block_stop', { index })]
  })
  return [frame('message_start', { message: emptyMessage(outline.run, outline.kind) }), ...blocks.flat()]
}

function frame(type: string, fields: object): DialectFrame {
  return { event: type, data: JSON.stringify({ type, ...fields }) }
}

function blockFrame(type: string, index: number | null, fields: object): readonly DialectFrame[] {
  return index === null ? [] : [frame(type, { index, ...fields })]
}

/** A block's number among those this dialect has; `null` for a kind it leaves out. */
function indexOf(outline: Outline, { block, kind }: Pick<OpenBlock, 'block' | 'kind'>): number | null {
  if (!MAPPED.includes(kind)) return null
  let others = 0
  for (const [other, count] of outline.counts) if (!MAPPED.includes(other)) others += count
  return block - others
}

function emptyMessage(run: string, kind: string): object {
  return {
    id: `msg_${run}`, type: 'message', role: 'assistant', model: `millrace/${kind}`, content: [],
    stop_reason: null, stop_sequence: null, usage: usageOf(null),
  }
}

function emptyBlock({ kind, id, name, block }: { kind: BlockKind; id?: string; name?: string; block: number }): object {
  if (kind === 'reasoning') return { type: 'thinking', thinking: '', signature: '' }
  if (kind === 'tool_call') return { type: 'tool_use', id: named(id, `toolu_${String(block)}`), name: named(name, 'tool'), input: {} }
  return { type: 'text', text: '' }
}

function deltaOf(kind: BlockKind, text: string): object {
  if (kind === 'reasoning') return { type: 'thinking_delta', thinking: text }
  if (kind === 'tool_call') return { type: 'input_json_delta', partial_json: text }
  return { type: 'text_delta', text }
}

function citation(outline: Outline, source: SourceEvent): readonly DialectFrame[] {
  const open = outline.open.find((block) => block.kind === 'text')
  if (!open) return []
  return blockFrame('content_block_delta', indexOf(outline, open), {
    delta: { type: 'citations_delta', citation: citationOf(source, outline.sources) },
  })
}

function citationOf(source: Omit<SourceEvent, 'type'>, index: number): object {
  return {
    type: 'search_result_location', cited_text: source.excerpt ?? '', source: source.url ?? '', title: source.title,
    search_result_index: index, start_block_index: 0, end_block_index: 0,
  }
}

function end(outline: Outline, entry: EndEvent): readonly DialectFrame[] {
  if (entry.status !== 'completed') return [errorFrame(failureOf(entry))]
  const stops = outline.open.flatMap((open) => blockFrame('content_block_stop', indexOf(outline, open), {}))
  const delta = { stop_reason: stopReason(entry.reason, outline.last), stop_sequence: null }
  return [...stops, frame('message_delta', { delta, usage: usageOf(entry.usage ?? outline.usage) }), frame('message_stop', {})]
}

function errorFrame({ code, message }: PublicErrorInfo): DialectFrame {
  return frame('error', { error: errorOf({ code, message }) })
}

function errorOf({ code, message }: PublicErrorInfo, type: string = 'api_error'): object {
  return { type, code, message }
}

function refusal({ status, code, message }: Refused): object {
  return { type: 'error', error: errorOf({ code, message }, ERROR_TYPES[status] ?? (status < 500 ? 'invalid_request_error' : 'api_error')) }
}

function stopReason(reason: string | undefined, last: BlockKind | null): string {
  return STOP_REASONS.get(reason) ?? (last === 'tool_call' ? 'tool_use' : 'end_turn')
}

function usageOf(usage: Usage | null): object {
  return { input_tokens: usage?.input ?? 0, output_tokens: usage?.output ?? 0 }
}

/** The answer to a request that did not ask for a stream. */
function document({ run, kind }: DocumentHead, snapshot: Snapshot): DialectDocument {
  if (snapshot.status !== 'completed') return { status: 500, body: { type: 'error', error: errorOf(failureOf(snapshot)) }, headers: NO_RETRY }
  const blocks = snapshot.blocks.filter((block) => MAPPED.includes(block.kind))
  const citations = snapshot.sources.map(citationOf)
  const cited = blocks.findLast((block) => block.kind === 'text')
  const content = blocks.map((block) => contentOf(block, block === cited && citations.length > 0 ? { citations } : {}))
  const body = {
    ...emptyMessage(run, kind), content,
    stop_reason: stopReason(snapshot.reason, snapshot.blocks.at(-1)?.kind ?? null), usage: usageOf(snapshot.usage),
  }
  return { status: 200, body }
}

function contentOf(block: SnapshotBlock, more: object): object {
  if (block.kind === 'reasoning') return { ...emptyBlock(block), thinking: block.text }
  if (block.kind === 'tool_call') return { ...emptyBlock(block), input: parsePlain(block.text) ?? {} }
  return { type: 'text', text: block.text, ...more }
}
