import { hasCode } from '../event/error.ts'
import type { EndStatus } from '../event/run-event.ts'
import type { RunContext } from '../run/define.ts'
import type { Outcome } from '../run/outcome.ts'
import { asTurnInput, type TurnInput } from './turn-input.ts'

/** A question that was asked before, and what was answered. */
export interface EarlierTurn {
  readonly query: string
  /** As far as it came. */
  readonly content: string
  /** `completed`, or why the answer may be cut short. */
  readonly status: EndStatus
}

/** How much of a conversation is told of. What does not fit is left out as a whole, the oldest first. */
export interface HistoryLimits {
  /** Default 20. */
  readonly turns?: number
  /** Of questions and answers. Default 100 000. */
  readonly characters?: number
}

type Asking = Pick<RunContext<TurnInput>, 'run' | 'input' | 'outcome'>

/** What led to a question, the oldest first: a call or two of the store each, however long the conversation is. */
export async function historyOf(context: Asking, { turns = 20, characters = 100_000 }: HistoryLimits): Promise<readonly EarlierTurn[]> {
  const history: EarlierTurn[] = []
  let size = 0
  for (let id = context.input.parent; id !== null && history.length < turns; ) {
    const earlier = await earlierTurn(context, id)
    if (!earlier) break
    const { query, parent } = asTurnInput(earlier.input)
    size += query.length + earlier.text.length
    if (size > characters) break
    history.unshift({ query, content: earlier.text, status: earlier.status })
    id = parent
  }
  return history
}

/** Waits for its end. `null` where it has expired, or is none of this conversation: nothing leads further. */
export async function earlierTurn({ run, outcome }: Asking, id: string): Promise<Outcome | null> {
  // Outside of its own group somebody could make up a chain that has no end; itself is the shortest one.
  if (id === run || !run.includes('.') || id.slice(0, 23) !== run.slice(0, 23)) return null
  try {
    return await outcome(id)
  } catch (error) {
    if (hasCode(error, 'gone') || hasCode(error, 'not_found') || hasCode(error, 'too_large')) return null
    throw error
  }
}
