import { hasCode } from '../event/error.ts'

/** In ms. */
const FIRST_DELAY = 50
const LONGEST_DELAY = 1_000

/**
 * Repeats a call of the store whose outcome is unknown, unchanged, until it is answered or refused, or
 * `patience` ms have passed since it first failed. One that is answered at once, as nearly all are, costs a promise.
 */
export function insist<T>(call: () => Promise<T>, patience: number): Promise<T> {
  return call().catch((error: unknown) => insistAfter(call, patience, error))
}

/** The same for a call that has been made once, and failed: for who cannot afford a promise more for each. */
export async function insistAfter<T>(call: () => Promise<T>, patience: number, failure: unknown): Promise<T> {
  const begun = performance.now()
  let error = failure
  for (let delay = FIRST_DELAY; ; delay = Math.min(delay * 2, LONGEST_DELAY)) {
    if (!isUnanswered(error) || performance.now() - begun > patience) throw error
    // Half of it by chance: a thousand that were turned away together do not come back together.
    await new Promise((resolve) => setTimeout(resolve, delay * (0.5 + Math.random() / 2)))
    try {
      return await call()
    } catch (next) {
      error = next
    }
  }
}

/** Whether the store gave no answer: what was asked of it may have happened or not, and may be asked again. */
export function isUnanswered(error: unknown): boolean {
  return hasCode(error, 'store_busy') || hasCode(error, 'store_failed')
}
