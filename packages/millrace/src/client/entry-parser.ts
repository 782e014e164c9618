import type { DeltaEvent } from '../event/run-event.ts'

/** What every delta of one block says. */
type Common = Pick<DeltaEvent, 'block' | 'kind' | 'nth'>

/** A text without escapes, and what follows it where it is the last field. */
const PLAIN = /^[^"\\\0-\x1f]*"}$/

/**
 * `JSON.parse` for entries. Most are deltas of one block, which differ in a plain text alone: those are known by their
 * `head`, and take a fourth of the time. It is cut out and compared, because `startsWith` takes five times as long. What
 * it costs: the text is a view of what it was cut from, and keeps a chunk of the stream in memory as long as itself.
 */
export function parserFor({ block, kind, nth }: Common): (json: string) => unknown {
  const head = JSON.stringify({ type: 'delta', block, kind, nth, text: '' }).slice(0, -2)
  return (json) => {
    const rest = json.slice(head.length)
    if (json.slice(0, head.length) !== head || !PLAIN.test(rest)) return JSON.parse(json) as unknown
    // With room for its offset: an object that grows by a field is a copy.
    return { type: 'delta', block, kind, nth, text: rest.slice(0, -2), offset: 0 }
  }
}
