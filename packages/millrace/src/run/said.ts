import { MillraceError } from '../event/error.ts'
import type {
  BlockKind, BytesEvent, ErrorEvent, FileEvent, ProgressEvent, SourceEvent, StatusEvent, UsageEvent, UserEvent,
} from '../event/run-event.ts'

/**
 * What a handler may yield: text, or an event without its numbering. The run layer numbers blocks
 * and opens and closes them.
 */
export type Said =
  | string
  | { readonly type: 'delta'; readonly kind?: BlockKind; readonly text: string }
  | { readonly type: 'block_start'; readonly kind: BlockKind; readonly id?: string; readonly name?: string }
  | { readonly type: 'block_end' }
  | SourceEvent
  | FileEvent
  | StatusEvent
  | ProgressEvent
  | UsageEvent
  | BytesEvent
  | ErrorEvent
  | UserEvent

/** Which fields an event of the vocabulary cannot do without; dialects rely on them. */
const REQUIRED: Readonly<Record<string, Readonly<Record<string, 'string' | 'object'>>>> = {
  delta: { text: 'string' },
  block_start: { kind: 'string' },
  block_end: {},
  source: { title: 'string' },
  file: { name: 'string', url: 'string' },
  status: { status: 'string' },
  progress: { item: 'string', status: 'string' },
  usage: { usage: 'object' },
  bytes: { base64: 'string' },
  error: { error: 'object' },
}
/** Written by the run layer alone. */
const OWN = new Set(['start', 'attempt', 'end'])
/** The wire's own fields: an event that carried them could pass for another place in the log. */
const RESERVED = ['offset', 'first', 'cursor']

/** @throws MillraceError `invalid_event`, naming the field. */
export function checkSaid(said: Exclude<Said, string>): void {
  const event = said as { readonly [field: string]: unknown }
  const { type } = event as { readonly type?: unknown }
  if (typeof type !== 'string' || type === '') throw invalid('an event needs a `type`')
  if (OWN.has(type)) throw invalid(`a handler cannot say \`${type}\`: the run layer writes it`)
  const reserved = RESERVED.find((field) => field in event)
  if (reserved !== undefined) throw invalid(`\`${reserved}\` is a field of the protocol's own (in \`${type}\`)`)
  if (!Object.hasOwn(REQUIRED, type)) return
  for (const [field, form] of Object.entries(REQUIRED[type] ?? {})) {
    if (typeof event[field] !== form || event[field] === null) throw invalid(`\`${type}\` needs \`${field}\`: ${form}`)
  }
}

function invalid(what: string): MillraceError {
  return new MillraceError('invalid_event', `The handler yielded something that is no event: ${what}.`)
}
