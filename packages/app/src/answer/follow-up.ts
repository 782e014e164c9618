import type { EarlierTurn } from 'millrace/chat'
import { termsOf } from '../search/terms.ts'

/** Fewer terms than this do not say what is meant, where a question points back. */
const ENOUGH = 3
const POINTS_BACK = /^\s*(?:and|but|or|so|then|why|how so|how come|what about)\b|\b(?:it|its|this|that|these|those|they|them|their|there|one|ones|else|more|instead|same|such)\b/i

/** The words to search by. "And on another machine?" means nothing by itself, so it is looked for with the question before it. */
export function searchWords(question: string, history: readonly EarlierTurn[]): string {
  const before = history.at(-1)
  if (before === undefined) return question
  const terms = termsOf(question).size
  return terms === 0 || (terms < ENOUGH && POINTS_BACK.test(question)) ? `${before.query}\n${question}` : question
}
