import { PublicError } from 'millrace'
import type { Json, Said as AnySaid } from 'millrace'
import type { EarlierTurn } from 'millrace/chat'
import type { SearchIndex } from '../search/search-index.ts'
import { PASSAGE_LIMIT } from './compose.ts'
import type { Source } from './compose.ts'
import { searchWords } from './follow-up.ts'
import { toState } from './writer.ts'
import type { Plan, Saved, Writer } from './writer.ts'

export interface AnswerWork<P extends Plan> {
  readonly question: string
  /** What was said before it, the oldest first. */
  readonly history: readonly EarlierTurn[]
  readonly index: SearchIndex
  readonly writer: Writer<P>
  readonly signal: AbortSignal
  /** What is said of it already, by whom this one goes on after, or `null` for the first. */
  readonly before: Predecessor | null
  readonly checkpoint: (state: Json) => void
}

export interface Predecessor {
  readonly checkpoint: Json | undefined
  /** The text that was streamed. */
  readonly text: string
  /** How many sources were. */
  readonly sources: number
}

/** What an answer says besides its text. `question` is this application's own. */
export type Said =
  | { readonly type: 'question'; readonly message: string }
  | { readonly type: 'status'; readonly status: Stage; readonly message: string }
  | { readonly type: 'progress'; readonly item: string; readonly status: 'running' | 'completed'; readonly done: number; readonly total: number }
  | ({ readonly type: 'source' } & Source)

export type Stage = 'searching' | 'reading' | 'writing'

/**
 * Answers a question from the index. What the answer is made of is settled before its first word is streamed
 * and is checkpointed then, so that whoever takes over streams the rest of the same answer.
 */
export async function* streamAnswer<P extends Plan>(work: AnswerWork<P>): AsyncGenerator<AnySaid> {
  const { writer, signal, before } = work
  const saved = savedBy(work)
  const plan = saved?.plan ?? (yield* find(work))
  const save = (isWritten: boolean): void => work.checkpoint(toState({ by: writer.name, plan, isWritten }))
  if (!saved) save(false)
  yield stage('writing', writing(plan, writer))
  if (saved?.isWritten !== true) yield* writer.write({ plan, said: before?.text ?? '', signal })
  if (signal.aborted) return
  save(true)
  for (const source of plan.sources.slice(before?.sources ?? 0)) yield { type: 'source', ...source }
  yield { type: 'progress', item: 'answer', status: 'completed', done: 100, total: 100 } satisfies Said
}

async function* find<P extends Plan>({ question, history, index, writer }: AnswerWork<P>): AsyncGenerator<Said, P> {
  // The page and every other reader learn from the log itself what was asked.
  yield { type: 'question', message: question }
  yield stage('searching', `Searching ${passages(index.passages.size)}`)
  const results = index.search(searchWords(question, history), PASSAGE_LIMIT)
  yield stage('reading', `Reading ${passages(results.found.length)}`)
  return writer.plan({ question, history }, results)
}

function writing({ sources }: Plan, { name }: Writer): string {
  const by = name === null ? 'Writing' : `${name} is writing`
  if (sources.length === 0) return name === null ? 'Nothing found' : `${by}, though nothing was found`
  return `${by} from ${passages(sources.length)}`
}

function stage(status: Stage, message: string): Said {
  return { type: 'status', status, message }
}

function passages(count: number): string {
  return count === 1 ? '1 passage' : `${String(count)} passages`
}

/** @throws PublicError where somebody else began: nobody goes on in another's words */
function savedBy<P extends Plan>({ before, writer }: AnswerWork<P>): Saved<P> | null {
  // Only `streamAnswer` writes checkpoints of this kind of run, under the same version of the code.
  const saved = (before?.checkpoint ?? null) as (Saved<P> & Json) | null
  if (saved === null || saved.by === writer.name) return saved
  throw new PublicError('model_unavailable', `This answer was begun by ${saved.by ?? 'quoting the documents'}, which does not answer here any more.`)
}
