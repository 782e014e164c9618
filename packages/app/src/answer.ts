import { defineRun } from 'millrace'
import type { Millrace, RunDefinition, TypesOf } from 'millrace'
import type { Model } from 'millrace/model'
import { parseQuestion } from './answer/question.ts'
import type { Question } from './answer/question.ts'
import { extractWriter } from './answer/extract.ts'
import { modelWriter } from './answer/model-writer.ts'
import { streamAnswer } from './answer/stream-answer.ts'
import type { Writer } from './answer/writer.ts'
import { clip } from './clip.ts'
import type { SearchIndex } from './search/search-index.ts'

const TITLE_LENGTH = 120
const UNREAD = 60_000

/** What the server runs, so that a wrong input is an error of the compiler in the page too. */
export type App = Millrace<TypesOf<{ readonly answer: ReturnType<typeof defineAnswer>; readonly chat: ReturnType<typeof defineChat> }>>

export interface Answering {
  readonly index: SearchIndex
  /** `null`: the documents answer in their own words. */
  readonly model: Model | null
  /** Words a second at most; `null`: as fast as they come. */
  readonly pace: number | null
}

/** A question answered from the index, whoever reads on. */
export function defineAnswer({ index, model, pace }: Answering): RunDefinition<Question, void> {
  const writer: Writer = model === null ? extractWriter(pace ?? 0) : modelWriter(model, pace)
  return defineRun({
    input: parseQuestion,
    title: ({ message }) => clip(message, TITLE_LENGTH),
    // A model that cannot go on after its own words says them all again.
    recover: model === null || model.continues ? 'resume' : 'restart',
    async *run({ input, signal, resumed, checkpoint }) {
      const before = resumed && {
        checkpoint: resumed.checkpoint?.data,
        text: await resumed.text(),
        sources: resumed.outline.sources,
      }
      yield* streamAnswer({ question: input.message, index, writer, signal, before, checkpoint })
    },
  })
}

/** The same, for those who only hold the stream: a minute after the last of them has left there is nobody to answer. */
export function defineChat(answering: Answering): RunDefinition<Question, void> {
  return { ...defineAnswer(answering), cancelWhenUnread: UNREAD }
}
