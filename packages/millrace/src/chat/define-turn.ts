import { MillraceError } from '../event/error.ts'
import type { RunContext, RunDefinition, SignalChecks, SignalOf } from '../run/define.ts'
import type { RunSignal } from '../run/inbox.ts'
import type { Said } from '../run/said.ts'
import { earlierTurn, historyOf, type EarlierTurn, type HistoryLimits } from './history.ts'
import { sayAgain } from './say-again.ts'
import { turnCheck, type TurnInput } from './turn-input.ts'

/** What the handler of a turn knows besides what every run's does. */
export interface TurnContext<Sent extends RunSignal = SignalOf<never>> extends RunContext<TurnInput, Sent> {
  readonly query: string
  /** What led to the question, the oldest first. What was asked or answered anew is left out. */
  readonly history: readonly EarlierTurn[]
  /**
   * What is said of this answer already, and not to be said again: where it goes on with one that was cut short, or with
   * that of a lost producer.
   */
  readonly prefix: string
}

type Answer<Result> = AsyncGenerator<Said, Result, undefined> | AsyncIterable<Said> | Promise<Result>

export interface TurnDefinition<Result, Checks extends SignalChecks>
  extends Omit<RunDefinition<TurnInput, Result, TurnInput, Checks>, 'input' | 'title' | 'progress' | 'run'> {
  /** How much the handler is told of what was said before. */
  readonly history?: HistoryLimits
  /** Characters of a question. Default 32 000. */
  readonly longestQuery?: number
  readonly run: (context: TurnContext<SignalOf<Checks>>) => Answer<Result>
}

/** Defines the kind of run that answers a conversation's questions. */
export function defineTurn<Result = unknown, Checks extends SignalChecks = never>(
  definition: TurnDefinition<Result, Checks>,
): RunDefinition<TurnInput, Result, TurnInput, Checks> {
  const { history = {}, longestQuery, run, ...policies } = definition
  if (typeof (run as unknown) !== 'function') throw new MillraceError('invalid_request', 'defineTurn needs `run`: defineTurn({ async *run({ query }) { … } }).')
  return {
    ...policies,
    input: turnCheck(longestQuery),
    title: ({ query }) => query,
    async *run(context) {
      const { query, after } = context.input
      if (after !== undefined) await earlierTurn(context, after)
      const earlier = await historyOf(context, history)
      const prefix = yield* sayAgain(context)
      const work = run({ ...context, query, history: earlier, prefix })
      return isSaying(work) ? yield* work : await work
    },
  }
}

function isSaying<Result>(work: Answer<Result>): work is AsyncGenerator<Said, Result, undefined> {
  return Symbol.asyncIterator in work
}
