/** Nothing else on the wire holds one: it says where a token is, in whatever form a contender sends it. */
export const MARK = '@'
export const STAMP_LENGTH = 13

const REST = ' of an answer, or thereabout.'

/**
 * The same work for every contender: tokens of forty characters or so that say when they were said.
 * @param {{ tokens: number, rate: number }} work `rate`: tokens a second; 0: as fast as they are taken
 */
export async function* generate({ tokens, rate }) {
  let due = performance.now()
  for (let left = tokens; left > 0; left -= 1) {
    // By the clock, not one wait after another: who falls behind catches up, so that demand stays what it is.
    const wait = rate === 0 ? 0 : (due += 1000 / rate) - performance.now()
    if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait))
    yield `${MARK}${String(microseconds()).padStart(STAMP_LENGTH, '0')}${REST}`
  }
}

/** By a clock that all processes of a machine share. */
export function microseconds() {
  return Math.round(Number(process.hrtime.bigint()) / 1000)
}

/** A token as those say it who say nothing of its form. */
export function said(text) {
  return { type: 'delta', block: 0, kind: 'text', nth: 0, text }
}

export function eventOf(text) {
  return JSON.stringify(said(text))
}
