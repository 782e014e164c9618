import { openBlock, type OpenBlock, type Outline } from '../event/outline.ts'
import type { BlockKind, EndEvent, Entry, ProgressEvent, PublicErrorInfo, StatusEvent, Usage } from '../event/run-event.ts'
import type { Dialect, DialectFrame } from './dialect.ts'
import { CANCELLED, failureOf, VOID } from './failure.ts'
import { named } from './named.ts'

/**
 * The events of AG-UI 1.0, as `HttpAgent` and whatever else speaks them checks and folds them: one
 * message per block of text, nothing open when the run finishes, nothing after an error but a new
 * beginning. The mapping is the table in PROTOCOL.md §6.
 */
export const agUi: Dialect = {
  name: 'ag-ui',
  version: 1,
  keeping: 'open tools',
  step: (outline, entry) => eventsOf(outline, entry).map(frame),
  join: (outline) => [started(outline.run), ...entered(outline.stage), ...outline.open.flatMap((block) => reopened(outline, block))].map(frame),
  farewell: () => 1,
  heartbeat: null,
  refusal: ({ code, message }) => failed({ code, message }),
  document: null,
}

interface AgUiEvent {
  readonly type: string
  readonly [field: string]: unknown
}

const PROTOCOL = '1.0'

function frame(event: AgUiEvent): DialectFrame {
  return { event: null, data: JSON.stringify(event) }
}

function eventsOf(outline: Outline, entry: Entry): readonly AgUiEvent[] {
  switch (entry.type) {
    case 'start':
      return [started(entry.run)]
    case 'block_start':
      return opened(outline, entry, parentOf(outline))
    case 'delta':
      return entry.text === '' ? [] : grown(outline, openBlock(outline, entry.block), entry.text)
    case 'block_end':
      return closed(outline, openBlock(outline, entry.block))
    case 'status':
      return [...left(outline.stage), ...entered(entry.status, entry)]
    case 'progress':
      return activity(outline, entry)
    case 'ask':
      return [custom(entry.call === undefined ? entry : { ...entry, call: numbered(callId(outline, entry.call), saidBefore(outline, entry.call)) })]
    case 'attempt':
      return [failed(VOID), started(outline.run)]
    case 'bytes':
      return []
    case 'end':
      return ended(outline, entry)
    default:
      return [custom(entry)]
  }
}

/** The thread is the group that the run is in, or the run itself: what its client called it is not in the log. */
function namesOf(run: string): { readonly threadId: string; readonly runId: string } {
  return { threadId: run.split('.')[0] ?? run, runId: run }
}

function started(run: string): AgUiEvent {
  return { type: 'RUN_STARTED', ...namesOf(run), protocolVersion: PROTOCOL }
}

/** Unlike any other of the thread, an earlier attempt's included: these clients go on with a message of the same id. */
function messageId({ run, attempt }: Outline, name: string | number): string {
  return `${run}-${attempt}-${name}`
}

/** The handler's own, which its client answers by; marked in later attempts, for the reason above. */
function callId({ attempt }: Outline, id: string): string {
  return attempt === 1 ? id : `${id}-${attempt}`
}

/**
 * Of a call that is being said, or of the newest one said under that id, to which a result belongs: models use an
 * id again, and these clients would add the second call's input to that of the first.
 */
function callOf(outline: Outline, { block, id, kind }: Pick<OpenBlock, 'block' | 'id' | 'kind'>): string {
  return id === undefined || id === '' ? messageId(outline, block) : numbered(callId(outline, id), saidBefore(outline, id) + (kind === 'tool_call' ? 1 : 0))
}

function numbered(id: string, times: number): string {
  return times < 2 ? id : `${id}.${times}`
}

function saidBefore({ kept }: Outline, id: string): number {
  let times = 0
  for (const call of kept?.calls ?? []) if (call === id) times += 1
  return times
}

/** A call right behind words is part of their message. */
function parentOf(outline: Outline): { readonly parentMessageId?: string } {
  return outline.last === 'text' ? { parentMessageId: messageId(outline, outline.blocks - 1) } : {}
}

function opened(outline: Outline, block: Pick<OpenBlock, 'block' | 'kind' | 'id' | 'name'>, parent: object): readonly AgUiEvent[] {
  const id = messageId(outline, block.block)
  switch (block.kind) {
    case 'text':
      return [{ type: 'TEXT_MESSAGE_START', messageId: id, role: 'assistant' }]
    case 'reasoning':
      return [{ type: 'REASONING_START', messageId: id }, { type: 'REASONING_MESSAGE_START', messageId: id, role: 'reasoning' }]
    case 'tool_call':
      return [{ type: 'TOOL_CALL_START', toolCallId: callOf(outline, block), toolCallName: named(block.name, 'tool'), ...parent }]
    default:
      return []
  }
}

/** For who joins: a call's input is of no use but whole. */
function reopened(outline: Outline, block: OpenBlock): readonly AgUiEvent[] {
  const start = opened(outline, block, {})
  const input = block.kind === 'tool_call' ? textOf(outline, block) : ''
  return input === '' ? start : [...start, ...grown(outline, block, input)]
}

function grown(outline: Outline, block: OpenBlock | undefined, delta: string): readonly AgUiEvent[] {
  switch (block?.kind) {
    case 'text':
      return [{ type: 'TEXT_MESSAGE_CONTENT', messageId: messageId(outline, block.block), delta }]
    case 'reasoning':
      return [{ type: 'REASONING_MESSAGE_CONTENT', messageId: messageId(outline, block.block), delta }]
    case 'tool_call':
      return [{ type: 'TOOL_CALL_ARGS', toolCallId: callOf(outline, block), delta }]
    default:
      return []
  }
}

function closed(outline: Outline, block: OpenBlock | undefined): readonly AgUiEvent[] {
  if (!block) return []
  const id = messageId(outline, block.block)
  switch (block.kind) {
    case 'text':
      return [{ type: 'TEXT_MESSAGE_END', messageId: id }]
    case 'reasoning':
      return [{ type: 'REASONING_MESSAGE_END', messageId: id }, { type: 'REASONING_END', messageId: id }]
    case 'tool_call':
      return [{ type: 'TOOL_CALL_END', toolCallId: callOf(outline, block) }]
    case 'tool_result':
      return [{
        type: 'TOOL_CALL_RESULT', messageId: id, toolCallId: callOf(outline, block), content: textOf(outline, block), role: 'tool',
        ...(block.failed ? { metadata: { failed: true } } : {}),
      }]
    default:
      return []
  }
}

function textOf({ kept }: Outline, { block }: OpenBlock): string {
  return kept?.blocks.get(block)?.text ?? ''
}

function entered(stage: string | null, { message }: Partial<StatusEvent> = {}): readonly AgUiEvent[] {
  return stage === null ? [] : [{ type: 'STEP_STARTED', stepName: stage, ...(message === undefined ? {} : { metadata: { message } }) }]
}

function left(stage: string | null): readonly AgUiEvent[] {
  return stage === null ? [] : [{ type: 'STEP_FINISHED', stepName: stage }]
}

/** The first makes the item where it is new. What an entry leaves out stays as it was, so the second adds and does not replace. */
function activity(outline: Outline, { type, offset: _offset, ...fields }: Entry<ProgressEvent>): readonly AgUiEvent[] {
  const item = { messageId: messageId(outline, `${type}-${fields.item}`), activityType: type }
  const patch = Object.entries(fields).map(([name, value]) => ({ op: 'add', path: `/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`, value }))
  return [{ type: 'ACTIVITY_SNAPSHOT', ...item, content: {}, replace: false }, { type: 'ACTIVITY_DELTA', ...item, patch }]
}

function custom({ type, offset: _offset, ...value }: Entry): AgUiEvent {
  return { type: 'CUSTOM', name: type, value }
}

function ended(outline: Outline, entry: EndEvent): readonly AgUiEvent[] {
  const usage = usageOf(entry.usage ?? outline.usage)
  if (entry.status === 'failed') return [{ ...failed(failureOf(entry)), ...usage }]
  const isCut = entry.status === 'cancelled'
  // To close a call is to have it carried out, with whatever of its input is there.
  if (isCut && isOpen(outline, 'tool_call')) return [{ ...failed(CANCELLED), ...usage }]
  const whole = outline.open.filter(({ kind }) => !isCut || kind !== 'tool_result')
  const { reason, result } = entry
  return [...whole.flatMap((block) => closed(outline, block)), ...left(outline.stage), {
    type: 'RUN_FINISHED', ...namesOf(outline.run), outcome: { type: isCut ? 'cancelled' : 'success' },
    ...(result === undefined || result === null ? {} : { result }), ...(reason === undefined ? {} : { metadata: { reason } }), ...usage,
  }]
}

function isOpen({ open }: Outline, kind: BlockKind): boolean {
  return open.some((block) => block.kind === kind)
}

function failed({ code, message }: PublicErrorInfo): AgUiEvent {
  return { type: 'RUN_ERROR', message, code }
}

/** Its clients refuse a whole run over one count that is none. */
function usageOf(usage: Usage | null): { readonly usage?: readonly object[] } {
  const counts = { inputTokens: usage?.input, outputTokens: usage?.output }
  const known = Object.entries(counts).filter(([, count]) => Number.isSafeInteger(count) && Number(count) >= 0)
  return known.length === 0 ? {} : { usage: [Object.fromEntries(known)] }
}
