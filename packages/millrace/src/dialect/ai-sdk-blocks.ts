import { openBlock, type OpenBlock, type Outline } from '../event/outline.ts'
import type { BlockStartEvent, DeltaEvent, EndStatus, Json } from '../event/run-event.ts'
import type { UiChunk } from './ai-sdk-chunk.ts'
import { named } from './named.ts'
import { hasPrototype, parsePlain } from './plain-json.ts'

const STEP_BOUNDARY: readonly UiChunk[] = [{ type: 'finish-step' }, { type: 'start-step' }]

/**
 * What follows a tool's result is a new step: the client sends by itself what the last step of a message
 * asks of it, and would take a tool that has its result there for one to send, again and again.
 */
export function stepBefore({ last }: Outline, { kind }: Pick<BlockStartEvent, 'kind'>): readonly UiChunk[] {
  return last === 'tool_result' && kind !== 'tool_result' ? STEP_BOUNDARY : []
}

export function begun(outline: Outline, block: BlockStartEvent): readonly UiChunk[] {
  switch (block.kind) {
    case 'text':
      return [{ type: 'text-start', id: partId(outline, block.block) }]
    case 'reasoning':
      return [{ type: 'reasoning-start', id: partId(outline, block.block) }]
    case 'tool_call':
      return [{ type: 'tool-input-start', ...callOf(outline, block) }]
    default:
      return []
  }
}

export function grown(outline: Outline, { block, kind, text }: DeltaEvent): readonly UiChunk[] {
  switch (kind) {
    case 'text':
      return [{ type: 'text-delta', id: partId(outline, block), delta: text }]
    case 'reasoning':
      return [{ type: 'reasoning-delta', id: partId(outline, block), delta: text }]
    case 'tool_call':
      return [{ type: 'tool-input-delta', toolCallId: callId(outline, openBlock(outline, block) ?? { block }), inputTextDelta: text }]
    default:
      return []
  }
}

export function closed(outline: Outline, { block }: { readonly block: number }): readonly UiChunk[] {
  const open = openBlock(outline, block)
  const text = outline.kept?.blocks.get(block)?.text ?? ''
  switch (open?.kind) {
    case 'text':
      return [{ type: 'text-end', id: partId(outline, block) }]
    case 'reasoning':
      return [{ type: 'reasoning-end', id: partId(outline, block) }]
    case 'tool_call':
      return [inputOf(callOf(outline, open), text)]
    case 'tool_result':
      return resultOf(outline, open, text)
    default:
      return []
  }
}

/** A block that the run’s end found open. A tool’s input that was cut short with its run is no input. */
export function ended(outline: Outline, open: OpenBlock, status: EndStatus): readonly UiChunk[] {
  const isTool = open.kind === 'tool_call' || open.kind === 'tool_result'
  return isTool && status !== 'completed' ? [] : closed(outline, open)
}

/** Blocks are numbered anew in each attempt. */
function partId({ attempt }: Outline, block: number): string {
  return `${String(attempt)}-${String(block)}`
}

interface Call {
  readonly toolCallId: string
  readonly toolName: string
}

function callOf(outline: Outline, block: Pick<OpenBlock, 'block' | 'id' | 'name'>): Call {
  return { toolCallId: callId(outline, block), toolName: named(block.name, 'tool') }
}

function callId(outline: Outline, { block, id }: Pick<OpenBlock, 'block' | 'id'>): string {
  return named(id, `${outline.run}-${partId(outline, block)}`)
}

/** A model's own JSON may be cut short or wrong; nothing at all is no input. */
function inputOf(call: Call, text: string): UiChunk {
  const input = parsed(text === '' ? '{}' : text)
  if (input !== undefined) return { type: 'tool-input-available', ...call, input }
  return { type: 'tool-input-error', ...call, input: text, errorText: 'The input of this tool is no JSON.' }
}

/** Of a call that the client cannot have, nothing: it would end the stream. A message that goes on has its calls from other runs. */
function resultOf({ kept, message, run }: Outline, { id, failed }: OpenBlock, text: string): readonly UiChunk[] {
  const isKnown = id !== undefined && id !== '' && (message !== run || kept?.calls.includes(id) === true)
  if (!isKnown) return []
  if (failed) return [{ type: 'tool-output-error', toolCallId: id, errorText: text }]
  return [{ type: 'tool-output-available', toolCallId: id, output: parsed(text) ?? text }]
}

/** `undefined` for what is no JSON, or is none that the client takes: it ends the stream at some keys. */
function parsed(text: string): Json | undefined {
  const value = parsePlain(text)
  return hasPrototype(value) ? undefined : value
}
