import type { Json } from 'millrace'
import type { SearchIndex } from '../search/search-index.ts'
import { compose, PASSAGE_LIMIT } from './compose.ts'
import type { Answer, Source } from './compose.ts'
import { Pace } from './pace.ts'
import { piecesOf } from './pieces.ts'

export interface AnswerWork {
  readonly question: string
  readonly index: SearchIndex
  /** Pieces a second; 0: as fast as possible. */
  readonly pace: number
  readonly signal: AbortSignal
  /** What a predecessor left behind, or `null` for the first. */
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
 * Answers a question from the index. The whole answer is known before its first word is streamed
 * and is checkpointed then, so that whoever takes over streams exactly the rest of it.
 */
export async function* streamAnswer(work: AnswerWork): AsyncGenerator<Said | string> {
  const saved = answerOf(work.before?.checkpoint)
  const answer = saved ?? (yield* find(work))
  if (!saved) work.checkpoint({ text: answer.text, sources: answer.sources.map((source) => ({ ...source })) })
  yield stage('writing', answer.sources.length === 0 ? 'Nothing found' : `Writing from ${passages(answer.sources.length)}`)
  yield* write(answer.text, work)
  if (work.signal.aborted) return
  for (const source of answer.sources.slice(work.before?.sources ?? 0)) yield { type: 'source', ...source }
  yield { type: 'progress', item: 'answer', status: 'completed', done: 100, total: 100 }
}

async function* find(work: AnswerWork): AsyncGenerator<Said, Answer> {
  // The page and every other reader learn from the log itself what was asked.
  yield { type: 'question', message: work.question }
  yield stage('searching', `Searching ${passages(work.index.passages.size)}`)
  const results = work.index.search(work.question, PASSAGE_LIMIT)
  yield stage('reading', `Reading ${passages(results.found.length)}`)
  return compose(results)
}

async function* write(text: string, work: AnswerWork): AsyncGenerator<Said | string> {
  const said = work.before?.text ?? ''
  if (!text.startsWith(said)) throw new Error('The streamed text is not the beginning of the answer that was saved')
  const pace = new Pace(work.pace)
  let length = said.length
  let tenth = Math.floor((10 * length) / text.length)
  for (const piece of piecesOf(text.slice(length))) {
    if (!(await pace.next(work.signal))) return
    yield piece
    length += piece.length
    const now = Math.floor((10 * length) / text.length)
    if (now > tenth) yield { type: 'progress', item: 'answer', status: 'running', done: 10 * now, total: 100 }
    tenth = now
  }
}

function stage(status: Stage, message: string): Said {
  return { type: 'status', status, message }
}

function passages(count: number): string {
  return count === 1 ? '1 passage' : `${String(count)} passages`
}

function answerOf(checkpoint: Json | undefined): Answer | null {
  // Only `streamAnswer` writes checkpoints of this kind of run, under the same version of the code.
  return checkpoint === undefined || checkpoint === null ? null : (checkpoint as Answer & Json)
}
