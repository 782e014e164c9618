import { MillraceError } from '../event/error.ts'
import type {
  AnswerEvent, AskEvent, BlockKind, BytesEvent, EndReason, ErrorEvent, FileEvent, ProgressEvent, SourceEvent, StatusEvent, UsageEvent, UserEvent,
} from '../event/run-event.ts'

/**
 * What a handler may yield: text, bytes, or an event without its numbering. The run layer numbers blocks
 * and opens and closes them. `finish` is no entry: its reason is that of the end, if the work is completed.
 */
export type Said =
  | string
  | Uint8Array
  | { readonly type: 'delta'; readonly kind?: BlockKind; readonly text: string }
  | { readonly type: 'block_start'; readonly kind: BlockKind; readonly id?: string; readonly name?: string; readonly failed?: true }
  | { readonly type: 'block_end' }
  | { readonly type: 'finish'; readonly reason: EndReason }
  | SourceEvent
  | FileEvent
  | StatusEvent
  | ProgressEvent
  | AskEvent
  | AnswerEvent
  | UsageEvent
  | BytesEvent
  | ErrorEvent
  | UserEvent

type Check = (value: unknown) => boolean

const text: Check = (value) => typeof value === 'string'
const boolean: Check = (value) => typeof value === 'boolean'
/** JSON knows no others: they would be written as `null`. */
const number: Check = (value) => Number.isFinite(value)
const maybe = (check: Check): Check => (value) => value === undefined || check(value)
const counters: Check = (value) => isObject(value) && Object.values(value).every(maybe(number))
const publicError: Check = (value) => isObject(value) && text(value['code']) && text(value['message'])

/** What the fields of the vocabulary must hold; dialects rely on them. */
const FIELDS: Readonly<Record<string, Readonly<Record<string, Check>>>> = {
  delta: { text, kind: maybe(text) },
  block_start: { kind: text, id: maybe(text), name: maybe(text), failed: (value) => value === undefined || value === true },
  block_end: {},
  finish: { reason: text },
  source: { title: text, url: maybe(text), relevance: maybe(number), excerpt: maybe(text) },
  file: { name: text, url: text, mediaType: maybe(text) },
  status: { status: text, message: maybe(text) },
  progress: {
    item: text, parent: maybe(text), name: maybe(text), status: text,
    done: maybe(number), total: maybe(number), weight: maybe(number), message: maybe(text), at: maybe(number),
  },
  ask: { id: text, signal: text, call: maybe(text), message: maybe(text) },
  answer: { id: text, approved: maybe(boolean), message: maybe(text) },
  usage: { usage: counters },
  bytes: { base64: text },
  error: { error: publicError },
}
/** Written by the run layer alone. */
const OWN = new Set(['start', 'attempt', 'end'])
/** The wire's own fields: an event that carried them could pass for another place in the log. `toJSON` could write them. */
const RESERVED = ['offset', 'first', 'cursor', 'toJSON']

/** @throws MillraceError `invalid_event`, naming the field. */
export function checkSaid(said: Exclude<Said, string | Uint8Array>): void {
  const event = said as Readonly<Record<string, unknown>>
  const { type } = event as { readonly type?: unknown }
  if (typeof type !== 'string' || type === '') throw invalid('an event needs a `type`')
  if (OWN.has(type)) throw invalid(`a handler cannot say \`${type}\`: the run layer writes it`)
  const reserved = RESERVED.find((field) => field in event)
  if (reserved !== undefined) throw invalid(`\`${reserved}\` is a field of the protocol's own (in \`${type}\`)`)
  if (!Object.hasOwn(FIELDS, type)) return
  const wrong = Object.entries(FIELDS[type] ?? {}).find(([field, check]) => !check(event[field]))
  if (wrong) throw invalid(`\`${wrong[0]}\` of \`${type}\` is missing or of another type`)
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function invalid(what: string): MillraceError {
  return new MillraceError('invalid_event', `The handler yielded something that is no event: ${what}.`)
}
