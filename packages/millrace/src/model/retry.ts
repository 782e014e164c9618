import { MillraceError, PublicError } from '../event/error.ts'
import { pause } from '../run/after.ts'
import { modelFailed, modelRefused, modelUnavailable } from './failure.ts'
import type { Heard } from './limits.ts'

/** What a request that failed says of itself. */
export interface Refusal {
  /** `null` where there was no answer: no connection, or one that was cut. */
  readonly status: number | null
  readonly header: (name: string) => string | null
}

/** In ms. */
const [FIRST_PAUSE, LONGEST_PAUSE] = [500, 8_000]
/** A model that asks for more patience than this is not there, as far as whoever waits is concerned. */
const LONGEST_RETRY_AFTER = 60_000
/** The request itself is at fault: a longer prompt than the model takes, a field it does not know. */
const REFUSED: ReadonlySet<number> = new Set([400, 413, 422])

/**
 * Asks again while nothing was heard: not a token of an answer is ever asked for twice.
 *
 * @param retries how often at most
 * @throws PublicError `model_unavailable`, `model_failed`
 */
export async function* retried(
  ask: () => AsyncGenerator<Heard, void, undefined>, refusalOf: (error: unknown) => Refusal, retries: number, signal: AbortSignal,
): AsyncGenerator<Heard, void, undefined> {
  for (let retry = 0; ; retry += 1) {
    let hasBegun = false
    try {
      for await (const heard of ask()) {
        hasBegun ||= heard.size > 0
        yield heard
      }
      return
    } catch (error) {
      const own = ownError(error)
      if (signal.aborted || own !== null) throw own ?? error
      if (hasBegun) throw modelFailed(error)
      const refusal = refusalOf(error)
      const wait = retry < retries ? pauseBefore(retry, refusal, Math.random()) : null
      if (wait === null) throw refusal.status !== null && REFUSED.has(refusal.status) ? modelRefused(error) : modelUnavailable(error)
      await pause(wait, signal)
      signal.throwIfAborted()
    }
  }
}

/** An error of ours, which a vendor's client may have wrapped in its own. */
function ownError(error: unknown): Error | null {
  for (let inner = error; inner instanceof Error; inner = inner.cause) {
    if (inner instanceof PublicError || inner instanceof MillraceError) return inner
  }
  return null
}

/**
 * How long to wait before asking again, in ms; `null` where it would help nothing.
 * @param random from 0 up to 1: many that were refused at once shall not come back at once
 */
export function pauseBefore(retry: number, { status, header }: Refusal, random: number): number | null {
  const said = header('x-should-retry')
  const mayHelp = status === null || status === 408 || status === 409 || status === 429 || status >= 500
  if (said === 'false' || (said !== 'true' && !mayHelp)) return null
  const patience = retryAfter(header)
  if (patience > LONGEST_RETRY_AFTER) return null
  return patience + random * Math.min(FIRST_PAUSE * 2 ** retry, LONGEST_PAUSE)
}

/** In ms: the header has seconds, or a date. */
function retryAfter(header: Refusal['header']): number {
  const value = header('retry-after')
  if (value === null) return 0
  const ms = /^\d+(\.\d+)?$/.test(value) ? Number(value) * 1000 : Date.parse(value) - Date.now()
  return Number.isNaN(ms) ? 0 : Math.max(0, ms)
}
