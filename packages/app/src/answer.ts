import { defineRun } from 'millrace'
import type { Millrace, RunDefinition, TypesOf } from 'millrace'
import { parseQuestion } from './answer/question.ts'
import type { Question } from './answer/question.ts'
import { streamAnswer } from './answer/stream-answer.ts'
import { clip } from './clip.ts'
import type { SearchIndex } from './search/search-index.ts'

const TITLE_LENGTH = 120
const UNREAD = 60_000

/** What the server runs, so that a wrong input is an error of the compiler in the page too. */
export type App = Millrace<TypesOf<{ readonly answer: ReturnType<typeof defineAnswer>; readonly chat: ReturnType<typeof defineChat> }>>

/** A question answered from the index, whoever reads on. */
export function defineAnswer(index: SearchIndex, pace: number): RunDefinition<Question, void> {
  return defineRun({
    input: parseQuestion,
    title: ({ message }) => clip(message, TITLE_LENGTH),
    recover: 'resume',
    async *run({ input, signal, resumed, checkpoint }) {
      const before = resumed && {
        checkpoint: resumed.checkpoint?.data,
        text: await resumed.text(),
        sources: resumed.outline.sources,
      }
      yield* streamAnswer({ question: input.message, index, pace, signal, before, checkpoint })
    },
  })
}

/** The same, for those who only hold the stream: a minute after the last of them has left there is nobody to answer. */
export function defineChat(index: SearchIndex, pace: number): RunDefinition<Question, void> {
  return { ...defineAnswer(index, pace), cancelWhenUnread: UNREAD }
}
