import type { Said } from './said.ts'

export type SaidIterator = AsyncIterator<Said, unknown> | Iterator<Said, unknown>

/** Of a generator or an async iterable; `null` of a promise, which says nothing but its result. */
export function iteratorOf(work: object): SaidIterator | null {
  if (Symbol.asyncIterator in work) return (work as AsyncIterable<Said, unknown>)[Symbol.asyncIterator]()
  // Not what the types allow, but `*run` is easily written for `async *run`.
  return Symbol.iterator in work ? (work as Iterable<Said, unknown>)[Symbol.iterator]() : null
}
