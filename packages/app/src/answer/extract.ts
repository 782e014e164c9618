import { PublicError } from 'millrace'
import type { Said } from 'millrace'
import { compose } from './compose.ts'
import type { Answer } from './compose.ts'
import { Pace } from './pace.ts'
import { piecesOf } from './pieces.ts'
import type { Work, Writer } from './writer.ts'

/** Answers in the documents' own sentences. The whole answer is known before its first word is streamed. */
export function extractWriter(pace: number): Writer<Answer> {
  return {
    name: null,
    plan: (_asked, results) => compose(results),
    write: (work) => write(work, pace),
  }
}

async function* write({ plan: { text }, said, signal }: Work<Answer>, perSecond: number): AsyncGenerator<Said> {
  if (!text.startsWith(said)) throw new PublicError('documents_changed', 'The documents have changed since this answer was begun. Ask again.')
  const pace = new Pace(perSecond)
  let length = said.length
  let tenth = Math.floor((10 * length) / text.length)
  for (const piece of piecesOf(text.slice(length))) {
    if (!(await pace.next(signal))) return
    yield piece
    length += piece.length
    const now = Math.floor((10 * length) / text.length)
    if (now > tenth) yield { type: 'progress', item: 'answer', status: 'running', done: 10 * now, total: 100 }
    tenth = now
  }
}
