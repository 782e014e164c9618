import type { TurnList } from '../../protocol/chat.ts'
import { Exchange } from './exchange.ts'

/** What is shown of a conversation: the way that leads to its newest turn, as far as it was looked at. */
export interface Path {
  readonly exchanges: readonly Exchange[]
  /** Where the page begins that leads to these; `null`: they begin the conversation. */
  readonly earlier: string | null
}

export const EMPTY: Path = { exchanges: [], earlier: null }

/**
 * With the newest page in it. What led to it and was shown already stays, and so does what is not sent. What is known
 * stays the same object.
 */
export function withNewest(path: Path, { turns, next }: TurnList): Path {
  const newest = turns.map((turn) => learned(path, turn))
  const before = beforePage(path, turns)
  const own = path.exchanges.filter(({ turn }) => turn === null)
  return {
    exchanges: [...(before ?? []), ...newest, ...own],
    earlier: before === null || before.length === 0 ? (next ?? null) : path.earlier,
  }
}

/** With the page before it. */
export function withEarlier(path: Path, { turns, next }: TurnList): Path {
  return { exchanges: [...turns.map((turn) => learned(path, turn)), ...path.exchanges.filter(({ turn }) => turns.every(({ id }) => id !== turn))], earlier: next ?? null }
}

function learned({ exchanges }: Path, turn: TurnList['turns'][number]): Exchange {
  const known = exchanges.find((exchange) => exchange.turn === turn.id)
  known?.learn(turn)
  return known ?? Exchange.of(turn)
}

/** What is shown of what led to a page; `null` where they do not meet. */
function beforePage({ exchanges }: Path, [first]: TurnList['turns']): readonly Exchange[] | null {
  if (!first) return []
  const same = exchanges.findIndex(({ turn }) => turn === first.id)
  if (same >= 0) return exchanges.slice(0, same)
  const parent = first.parent === null ? -1 : exchanges.findIndex(({ turn }) => turn === first.parent)
  return parent >= 0 ? exchanges.slice(0, parent + 1) : null
}
