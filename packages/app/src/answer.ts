import { defineRun } from 'millrace'
import type { RunDefinition } from 'millrace'
import { defineTurn } from 'millrace/chat'
import type { TurnContext, TurnInput } from 'millrace/chat'
import type { Model } from 'millrace/model'
import { LONGEST, parseQuestion } from './answer/question.ts'
import type { Question } from './answer/question.ts'
import { extractWriter } from './answer/extract.ts'
import { modelWriter } from './answer/model-writer.ts'
import { streamAnswer } from './answer/stream-answer.ts'
import type { Predecessor } from './answer/stream-answer.ts'
import type { Writer } from './answer/writer.ts'
import { clip } from './clip.ts'
import type { SearchIndex } from './search/search-index.ts'

const TITLE_LENGTH = 120
const UNREAD = 60_000
/** Conversations are come back to: their answers are kept for a year, others for a week. */
const YEAR = 365 * 24 * 60 * 60_000

export interface Answering {
  readonly index: SearchIndex
  /** `null`: the documents answer in their own words. */
  readonly model: Model | null
  /** Words a second at most; `null`: as fast as they come. */
  readonly pace: number | null
}

/** A question answered from the index, whoever reads on. */
export function defineAnswer({ index, model, pace }: Answering): RunDefinition<Question, void> {
  const writer = writerOf(model, pace)
  return defineRun({
    input: parseQuestion,
    title: ({ message }) => clip(message, TITLE_LENGTH),
    recover: recoveryBy(model),
    async *run({ input, signal, resumed, checkpoint }) {
      const before = resumed && {
        checkpoint: resumed.checkpoint?.data,
        text: await resumed.text(),
        sources: resumed.outline.sources,
      }
      yield* streamAnswer({ question: input.message, history: [], index, writer, signal, before, checkpoint })
    },
  })
}

/** The same, for those who only hold the stream: a minute after the last of them has left there is nobody to answer. */
export function defineChat(answering: Answering): RunDefinition<Question, void> {
  return { ...defineAnswer(answering), cancelWhenUnread: UNREAD }
}

/** A question of a conversation, answered from the index with what was said before it. */
export function defineQuestion({ index, model, pace }: Answering): RunDefinition<TurnInput, void> {
  const writer = writerOf(model, pace)
  return defineTurn({
    longestQuery: LONGEST,
    retention: YEAR,
    recover: recoveryBy(model),
    async *run(context) {
      const { query: question, history, signal, checkpoint } = context
      yield* streamAnswer({ question, history, index, writer, signal, before: await saidBefore(context), checkpoint })
    },
  })
}

/** What a lost producer left, or the answer that this one goes on with. */
async function saidBefore({ resumed, prefix, input: { continues }, outcome }: Pick<TurnContext, 'resumed' | 'prefix' | 'input' | 'outcome'>): Promise<Predecessor | null> {
  if (resumed) return { checkpoint: resumed.checkpoint?.data, text: prefix, sources: resumed.outline.sources }
  if (continues === undefined) return null
  const { sources } = await outcome(continues)
  return { checkpoint: undefined, text: prefix, sources: sources.length }
}

function writerOf(model: Model | null, pace: number | null): Writer {
  return model === null ? extractWriter(pace ?? 0) : modelWriter(model, pace)
}

/** A model that cannot go on after its own words says them all again. */
function recoveryBy(model: Model | null): 'resume' | 'restart' {
  return model === null || model.continues ? 'resume' : 'restart'
}
