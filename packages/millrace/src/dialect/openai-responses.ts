import type { KeptBlock } from '../event/kept.ts'
import type { Outline } from '../event/outline.ts'
import type { BlockStartEvent, DeltaEvent, EndEvent, Entry, SourceEvent } from '../event/run-event.ts'
import type { Snapshot } from '../event/snapshot.ts'
import type { Dialect, DialectDocument, DialectFrame, DocumentHead } from './dialect.ts'
import { BEGUN_ANEW } from './failure.ts'
import { named } from './named.ts'
import { failedDocument, farewell, hasSpoken, refusal } from './openai-common.ts'
import {
  annotationOf, callId, cutShort, isItem, itemId, itemOf, NOTHING_SAID, responseOf, summaryPart, textPart, type ItemStatus, type Source,
} from './openai-response.ts'
import { MOST_CLOSED, sequenceNumber } from './openai-sequence.ts'

/**
 * The Responses API's stream, as the vendor's own client reads and resumes it: each block is an item of
 * the output, whose text is said piece by piece and once more as a whole, and so is the response at its
 * end. The mapping is the table in PROTOCOL.md §6.
 */
export const openaiResponses: Dialect = {
  name: 'openai-responses',
  version: 1,
  step: (outline, entry) => eventsOf(outline, entry).map((event, index) => frame(event, sequenceNumber(entry.offset, index))),
  keeping: 'everything',
  farewell,
  heartbeat: null,
  refusal,
  document,
}

interface ResponseEvent {
  readonly type: string
  readonly [field: string]: unknown
}

function frame({ type, ...fields }: ResponseEvent, number: number): DialectFrame {
  return { event: type, data: JSON.stringify({ type, sequence_number: number, ...fields }) }
}

function eventsOf(outline: Outline, entry: Entry): readonly ResponseEvent[] {
  switch (entry.type) {
    case 'start':
      return beginning(entry)
    case 'attempt':
      return [...(hasSpoken(outline) ? [{ type: 'error', ...BEGUN_ANEW, param: null }] : []), ...beginning(outline)]
    case 'block_start':
      return isItem(entry) ? opening(outline, entry) : []
    case 'delta':
      return delta(outline, entry)
    case 'block_end':
      return closing(outline, entry.block, 'completed')
    case 'source':
      return citations(outline, entry)
    case 'end':
      return ending(outline, entry)
    default:
      return []
  }
}

function beginning(head: DocumentHead): readonly ResponseEvent[] {
  const response = responseOf(head, NOTHING_SAID)
  return [{ type: 'response.created', response }, { type: 'response.in_progress', response }]
}

/** An item, empty, and the part of it that its text will be. */
function opening(outline: Outline, { type: _type, ...start }: BlockStartEvent): readonly ResponseEvent[] {
  const { run } = outline
  const block = { ...start, text: '' }
  const place = itemPlace(outline, block)
  const call = callId(run, keptOf(outline).values(), block)
  const item = itemOf(run, block, { status: 'in_progress', call, sources: [] })
  const added = (more: object): ResponseEvent => ({ type: 'response.output_item.added', output_index: place.output_index, item: { ...item, ...more } })
  if (block.kind === 'text') {
    return [added({ content: [] }), { type: 'response.content_part.added', ...place, content_index: 0, part: textPart('', sourcesOf(outline)) }]
  }
  if (block.kind === 'reasoning') {
    return [added({ summary: [] }), { type: 'response.reasoning_summary_part.added', ...place, summary_index: 0, part: summaryPart('') }]
  }
  return [added({})]
}

/** Of a tool's result there are no pieces: it comes whole with the end of its item. */
function delta(outline: Outline, { block, text }: DeltaEvent): readonly ResponseEvent[] {
  const kept = keptOf(outline).get(block)
  if (!kept) return []
  const place = itemPlace(outline, kept)
  if (kept.kind === 'text') return [{ type: 'response.output_text.delta', ...place, content_index: 0, delta: text, logprobs: [] }]
  if (kept.kind === 'reasoning') return [{ type: 'response.reasoning_summary_text.delta', ...place, summary_index: 0, delta: text }]
  return kept.kind === 'tool_call' ? [{ type: 'response.function_call_arguments.delta', ...place, delta: text }] : []
}

/** The text of an item once more, as its part and as the item has it. */
function closing(outline: Outline, block: number, status: ItemStatus): readonly ResponseEvent[] {
  const blocks = keptOf(outline)
  const kept = blocks.get(block)
  if (!kept || !isItem(kept)) return []
  const { run } = outline
  const sources = sourcesOf(outline)
  const place = itemPlace(outline, kept)
  const item = itemOf(run, kept, { status, call: callId(run, blocks.values(), kept), sources })
  const done = { type: 'response.output_item.done', output_index: place.output_index, item }
  return [...wholeText(kept, place, sources), done]
}

function wholeText({ kind, text, name }: KeptBlock, place: ItemPlace, sources: readonly Source[]): readonly ResponseEvent[] {
  switch (kind) {
    case 'text':
      return [
        { type: 'response.output_text.done', ...place, content_index: 0, text, logprobs: [] },
        { type: 'response.content_part.done', ...place, content_index: 0, part: textPart(text, sources) },
      ]
    case 'reasoning':
      return [
        { type: 'response.reasoning_summary_text.done', ...place, summary_index: 0, text },
        { type: 'response.reasoning_summary_part.done', ...place, summary_index: 0, part: summaryPart(text) },
      ]
    case 'tool_call':
      return [{ type: 'response.function_call_arguments.done', ...place, name: named(name, 'tool'), arguments: text }]
    default:
      return []
  }
}

/** A text begins with the sources known by then, and has those that follow while it is open. */
function citations(outline: Outline, source: SourceEvent): readonly ResponseEvent[] {
  return outline.open.filter(({ kind }) => kind === 'text').slice(0, MOST_CLOSED).map((open) => ({
    type: 'response.output_text.annotation.added', ...itemPlace(outline, open), content_index: 0, annotation_index: outline.kept?.sources.length ?? 0,
    annotation: annotationOf(source),
  }))
}

/** There is no event for a run that was cancelled: it is a failure whose response says `cancelled`. */
function ending(outline: Outline, { status, reason, error, usage }: EndEvent): readonly ResponseEvent[] {
  const response = responseOf(outline, {
    status, blocks: [...keptOf(outline).values()], sources: sourcesOf(outline), usage: usage ?? outline.usage,
    ...(reason === undefined ? {} : { reason }), ...(error === undefined ? {} : { error }),
  })
  if (status !== 'completed') return [{ type: 'response.failed', response }]
  const cut = cutShort(reason) !== null
  const closed = outline.open.filter(isItem).slice(0, MOST_CLOSED).flatMap(({ block }) => closing(outline, block, cut ? 'incomplete' : 'completed'))
  return [...closed, { type: cut ? 'response.incomplete' : 'response.completed', response }]
}

interface ItemPlace {
  readonly item_id: string
  readonly output_index: number
}

/** An item's number is among those before it that are items too. The newest block, as most are, has all the others before it. */
function itemPlace(outline: Outline, { block, kind }: Pick<KeptBlock, 'block' | 'kind'>): ItemPlace {
  const { run, blocks } = outline
  const later = block < blocks - 1 ? itemsFrom(outline, block) : Number(block === blocks - 1)
  return { item_id: itemId(run, { block, kind }), output_index: itemsIn(outline) - later }
}

function itemsIn({ counts }: Outline): number {
  let items = 0
  for (const [kind, count] of counts) if (isItem({ kind })) items += count
  return items
}

function itemsFrom(outline: Outline, from: number): number {
  let items = 0
  for (const { block, kind } of keptOf(outline).values()) if (block >= from && isItem({ kind })) items += 1
  return items
}

function keptOf({ kept }: Outline): ReadonlyMap<number, KeptBlock> {
  return kept?.blocks ?? new Map()
}

function sourcesOf({ kept }: Outline): readonly Source[] {
  return kept?.sources.toArray() ?? []
}

/** The answer to a request that waited for the whole. */
function document(head: DocumentHead, snapshot: Snapshot): DialectDocument {
  return snapshot.status === 'completed' ? { status: 200, body: responseOf(head, snapshot) } : failedDocument(snapshot)
}
