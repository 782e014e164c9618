import type { KeptBlock } from '../event/kept.ts'
import type { BlockKind, PublicErrorInfo, RunStatus, SourceEvent, Usage } from '../event/run-event.ts'
import type { DocumentHead } from './dialect.ts'
import { failureOf } from './failure.ts'
import { named } from './named.ts'

/** The response object of the Responses API: what a run has said so far, and how it stands. */

export type ItemStatus = 'in_progress' | 'completed' | 'incomplete'
type ResponseStatus = ItemStatus | 'queued' | 'failed' | 'cancelled'
type SaidBlock = Pick<KeptBlock, 'block' | 'kind' | 'id' | 'name' | 'text'>
export type Source = Omit<SourceEvent, 'type'>

/** All that the object is made of: an outline that keeps texts has it, and so has a snapshot. */
export interface Standing {
  readonly status: RunStatus
  readonly blocks: readonly SaidBlock[]
  readonly sources: readonly Source[]
  readonly usage: Usage | null
  readonly reason?: string
  readonly error?: PublicErrorInfo
}

export const NOTHING_SAID: Standing = { status: 'running', blocks: [], sources: [], usage: null }

const PREFIXES: ReadonlyMap<BlockKind, string> = new Map([['text', 'msg'], ['reasoning', 'rs'], ['tool_call', 'fc'], ['tool_result', 'fco']])
const CUT_SHORT: ReadonlyMap<string | undefined, string> = new Map([['length', 'max_output_tokens'], ['content_filter', 'content_filter']])

/** Whether it is an item of a response. */
export function isItem({ kind }: { readonly kind: BlockKind }): boolean {
  return PREFIXES.has(kind)
}

export function itemId(run: string, { kind, block }: { readonly kind: BlockKind; readonly block: number }): string {
  return `${PREFIXES.get(kind) ?? ''}_${run}_${String(block)}`
}

/** Why a run that completed stopped before it was done; `null` where it did not. */
export function cutShort(reason: string | undefined): string | null {
  return CUT_SHORT.get(reason) ?? null
}

/** The run as this vendor's clients see it, at any time. */
export function responseOf({ run, kind }: DocumentHead, standing: Standing): object {
  const { reason, usage } = standing
  const status = statusOf(standing)
  const cut = status === 'incomplete' ? cutShort(reason) : null
  const { code, message } = failureOf(standing)
  return {
    id: `resp_${run}`, object: 'response', created_at: 0, status, model: `millrace/${kind}`,
    error: status === 'failed' || status === 'cancelled' ? { code, message } : null,
    incomplete_details: cut === null ? null : { reason: cut },
    output: outputOf(run, standing, status), usage: usage && usageOf(usage),
    instructions: null, metadata: {}, parallel_tool_calls: true, temperature: null, tool_choice: 'auto', tools: [], top_p: null,
  }
}

function statusOf({ status, reason }: Standing): ResponseStatus {
  if (status === 'running' || status === 'waiting') return 'in_progress'
  return status === 'completed' && cutShort(reason) !== null ? 'incomplete' : status
}

/** What is not complete lacks something at its end: the newest item is not complete either. Sources stand with the last text. */
function outputOf(run: string, { blocks, sources }: Standing, status: ResponseStatus): readonly object[] {
  const items = blocks.filter(isItem)
  const cited = items.findLast(({ kind }) => kind === 'text')
  const calls = callIds(run, items)
  return items.map((block) => itemOf(run, block, {
    status: block !== items.at(-1) ? 'completed' : newestStatus(status),
    call: calls.get(block.block) ?? '', sources: block === cited ? sources : [],
  }))
}

/** Of a queued run there are no items. */
function newestStatus(status: ResponseStatus): ItemStatus {
  return status === 'completed' || status === 'in_progress' ? status : 'incomplete'
}

/** What an item has besides its block. */
export interface ItemParts {
  readonly status: ItemStatus
  readonly call: string
  readonly sources: readonly Source[]
}

export function itemOf(run: string, block: SaidBlock, { status, call, sources }: ItemParts): object {
  const head = { id: itemId(run, block), status }
  switch (block.kind) {
    case 'reasoning':
      return { ...head, type: 'reasoning', summary: [summaryPart(block.text)] }
    case 'tool_call':
      return { ...head, type: 'function_call', call_id: call, name: named(block.name, 'tool'), arguments: block.text }
    case 'tool_result':
      return { ...head, type: 'function_call_output', call_id: call, output: block.text }
    default:
      return { ...head, type: 'message', role: 'assistant', content: [textPart(block.text, sources)] }
  }
}

export function textPart(text: string, sources: readonly Source[]): object {
  return { type: 'output_text', text, annotations: sources.map(annotationOf), logprobs: [] }
}

export function summaryPart(text: string): object {
  return { type: 'summary_text', text }
}

export function annotationOf({ title, url }: Source): object {
  return { type: 'url_citation', title, url: url ?? '', start_index: 0, end_index: 0 }
}

type Call = Pick<KeptBlock, 'block' | 'kind' | 'id'>

/**
 * The ids of the calls, by block: the client takes no two calls of one id, whatever a model says.
 * A result has the id it was given.
 */
function callIds(run: string, blocks: readonly Call[]): ReadonlyMap<number, string> {
  const ids = new Map<number, string>()
  const taken = new Set<string>()
  for (const call of blocks) {
    const given = givenId(run, call)
    ids.set(call.block, call.kind === 'tool_call' && taken.has(given) ? ownId(run, call) : given)
    if (call.kind === 'tool_call') taken.add(given)
  }
  return ids
}

/** The one of these ids that `call` has, told without making them all. @param blocks in their order, from the first */
export function callId(run: string, blocks: Iterable<Call>, call: Call): string {
  const given = givenId(run, call)
  if (call.kind !== 'tool_call') return given
  for (const before of blocks) {
    if (before.block >= call.block) break
    if (before.kind === 'tool_call' && givenId(run, before) === given) return ownId(run, call)
  }
  return given
}

function givenId(run: string, call: Call): string {
  return call.id === undefined || call.id === '' ? ownId(run, call) : call.id
}

function ownId(run: string, { block }: Call): string {
  return `call_${run}_${String(block)}`
}

function usageOf({ input = 0, output = 0 }: Usage): object {
  return {
    input_tokens: input, input_tokens_details: { cached_tokens: 0 }, output_tokens: output, output_tokens_details: { reasoning_tokens: 0 },
    total_tokens: input + output,
  }
}
