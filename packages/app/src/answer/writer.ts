import type { Json, Said as AnySaid } from 'millrace'
import type { EarlierTurn } from 'millrace/chat'
import type { Results } from '../search/search-index.ts'
import type { Source } from './compose.ts'

/** Everything a writer settles before its first word, so that whoever takes over writes on from the very same. */
export interface Plan {
  readonly sources: readonly Source[]
}

/** What is asked, and what was said before it, the oldest first. */
export interface Asked {
  readonly question: string
  readonly history: readonly EarlierTurn[]
}

/** What is to be written, and how much of it is. */
export interface Work<P extends Plan> {
  readonly plan: P
  /** What a predecessor streamed. */
  readonly said: string
  readonly signal: AbortSignal
}

/** Who makes an answer of what was found. */
export interface Writer<P extends Plan = Plan> {
  /** Of its model; `null`: there is none. */
  readonly name: string | null
  plan(asked: Asked, results: Results): P
  write(work: Work<P>): AsyncIterable<AnySaid>
}

/** What a checkpoint keeps. */
export interface Saved<P extends Plan> {
  /** The writer's name. */
  readonly by: string | null
  readonly plan: P
  /** All of the text is: what is left are the sources. */
  readonly isWritten: boolean
}

export function toState(saved: Saved<Plan>): Json {
  return JSON.parse(JSON.stringify(saved)) as Json
}
