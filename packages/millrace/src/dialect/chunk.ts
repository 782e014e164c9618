import type { Outline } from '../event/outline.ts'
import type { EndEvent, Entry, PublicErrorInfo, SourceEvent } from '../event/run-event.ts'
import type { Snapshot } from '../event/snapshot.ts'
import { citationOf } from './citation.ts'
import type { Dialect, DialectDocument, DialectFrame } from './dialect.ts'
import { failureOf, VOID } from './failure.ts'

/**
 * The smallest thing a page can read: chunks `{content?, sources?, isComplete, metadata?}`. Words are
 * `content`, the sources come with the last chunk, and all else a run says is `metadata`, as the log
 * has it. The mapping is the table in PROTOCOL.md §6.
 */
export const chunk: Dialect = {
  name: 'chunk',
  version: 1,
  keeping: 'sources',
  step: (outline, entry) => chunksOf(outline, entry).map(frame),
  join: (outline) => [frame(started(outline))],
  farewell: () => 1,
  heartbeat: null,
  refusal: ({ code, message }) => failed({ code, message }),
  document: (_head, snapshot) => document(snapshot),
}

interface Chunk {
  readonly content?: string
  readonly sources?: readonly object[]
  readonly isComplete: boolean
  readonly error?: PublicErrorInfo
  readonly metadata?: object
}

function frame(said: Chunk): DialectFrame {
  return { event: null, data: JSON.stringify(said) }
}

function chunksOf(outline: Outline, entry: Entry): readonly Chunk[] {
  switch (entry.type) {
    case 'delta':
      return entry.kind === 'text' ? [{ content: entry.text, isComplete: false }] : [noted(entry)]
    case 'block_start':
    case 'block_end':
      return entry.kind === 'text' ? [] : [noted(entry)]
    case 'source':
    case 'bytes':
      return []
    case 'attempt':
      // Who knows the metadata begins anew; to all others it is an error, and no answer said twice.
      return [{ ...failed(VOID), metadata: eventOf(entry) }, started(outline)]
    case 'end':
      return [ended(outline, entry)]
    default:
      return [noted(entry)]
  }
}

function started({ run, kind }: Outline): Chunk {
  return { isComplete: false, metadata: { type: 'start', run, kind } }
}

function noted(entry: Entry): Chunk {
  return { isComplete: false, metadata: eventOf(entry) }
}

/** The entry as its producer said it. */
function eventOf({ offset: _offset, first: _first, ...event }: Entry): object {
  return event
}

function failed(error: PublicErrorInfo): Chunk {
  return { error, isComplete: false }
}

function ended(outline: Outline, entry: Entry<EndEvent>): Chunk {
  const { error: _error, ...end } = entry
  const usage = end.usage ?? outline.usage
  return { ...sourced(outline.kept?.sources.toArray() ?? []), ...outcome(entry), metadata: { ...eventOf(end), ...(usage && { usage }) } }
}

function outcome(of: Pick<Snapshot, 'status' | 'error'>): Chunk {
  return of.status === 'completed' ? { isComplete: true } : failed(failureOf(of))
}

function sourced(sources: readonly Omit<SourceEvent, 'type'>[]): Pick<Chunk, 'sources'> {
  return sources.length === 0 ? {} : { sources: sources.map(citationOf) }
}

/** The whole answer: `messageContent`, and what the last chunk says. */
function document(snapshot: Snapshot): DialectDocument {
  const { text, sources, status, usage, reason, result } = snapshot
  const metadata = { type: 'end', status, ...(usage && { usage }), reason, result }
  return {
    status: status === 'completed' ? 200 : 500,
    body: { messageContent: text, sources: sources.map(citationOf), ...outcome(snapshot), metadata },
  }
}
