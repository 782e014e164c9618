import { citationOf, type Citation } from '../../dialect/citation.ts'
import { failureOf } from '../../dialect/failure.ts'
import { MillraceError, PublicError } from '../../event/error.ts'
import type { BytesEvent, Entry, Json, KnownEvent, Place, SourceEvent, Usage } from '../../event/run-event.ts'
import type { Snapshot } from '../../event/snapshot.ts'
import type { RunResult } from '../../protocol/run-handle.ts'
import { endOf, type Ended } from './end.ts'

/** A piece of an answer. */
export interface StreamingChunk {
  /** Words that follow those before. */
  readonly content?: string
  /** All of them, in the last chunk. */
  readonly sources?: readonly Citation[]
  /** The last chunk of an answer that is whole. */
  readonly isComplete: boolean
  /** Whatever else there is to say. */
  readonly metadata?: ChunkMetadata
}

/**
 * An event as the log has it. `start` comes first, `end` last; after `attempt` the answer begins anew, and
 * what was said before it is void. Events of the application's own are there too at run time.
 */
export type ChunkMetadata = Exclude<KnownEvent, SourceEvent | BytesEvent>

/** What an answer came to, streamed or whole. */
type Outcome = Ended & Pick<Snapshot, 'sources'>

/** Makes chunks of entries. What arrived together is read together: its words are one chunk. */
export class Chunks {
  #sources: Omit<SourceEvent, 'type'>[] = []
  #usage: Usage | null = null
  /** What it came to; `null` before its end was read. */
  ended: Outcome | null = null

  /** Of an end there are none: {@link lastOf} makes that chunk. */
  of(entries: readonly Entry[]): readonly StreamingChunk[] {
    const chunks: StreamingChunk[] = []
    for (const entry of entries) {
      const content = entry.type === 'delta' && entry.kind === 'text' ? entry.text : undefined
      const before = chunks.at(-1)?.content
      if (content === undefined) chunks.push(...this.#other(entry))
      else if (before === undefined) chunks.push({ content, isComplete: false })
      else chunks[chunks.length - 1] = { content: before + content, isComplete: false }
    }
    return chunks
  }

  #other(entry: Entry): readonly StreamingChunk[] {
    switch (entry.type) {
      case 'block_start':
      case 'block_end':
        return entry.kind === 'text' ? [] : [noted(entry)]
      case 'bytes':
        return []
      case 'source':
        this.#sources.push(entry)
        return []
      case 'end':
        this.ended = { usage: this.#usage, ...entry, sources: this.#sources }
        return []
      case 'attempt':
        this.#sources = []
        this.#usage = null
        return [noted(entry)]
      case 'usage':
        this.#usage = entry.usage
        return [noted(entry)]
      default:
        return [noted(entry)]
    }
  }
}

function noted(entry: ChunkMetadata & Place): StreamingChunk {
  const { offset: _offset, first: _first, ...metadata } = entry
  return { isComplete: false, metadata }
}

/** The chunk that says how it ended. */
export function lastOf(outcome: Outcome): StreamingChunk {
  const { status, sources } = outcome
  // Why there is no answer is thrown.
  const { error: _error, ...metadata } = endOf(outcome)
  return { ...(sources.length > 0 && { sources: sources.map(citationOf) }), isComplete: status === 'completed', metadata }
}

/** A whole answer. */
export interface ChatAnswer {
  /** The turn it belongs to. */
  readonly turn: string
  readonly messageContent: string
  readonly sources: readonly Citation[]
  readonly metadata: ChunkMetadata | undefined
}

/** @throws PublicError what the run failed with @throws MillraceError `cancelled` */
export function answerFrom(result: RunResult<Json>): ChatAnswer {
  const error = errorOf(result)
  if (error !== null) throw error
  const { sources = [], metadata } = lastOf(result)
  return { turn: result.id, messageContent: result.text, sources, metadata }
}

/** Why there is no answer; `null` where there is one. */
export function errorOf(ended: Pick<Ended, 'status' | 'error'>): Error | null {
  if (ended.status === 'completed') return null
  const { code, message } = failureOf(ended)
  return ended.status === 'cancelled' ? new MillraceError('cancelled', message) : new PublicError(code, message)
}
