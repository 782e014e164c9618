import { MillraceError, type PublicError } from '../event/error.ts'
import type { EndEvent, Json, PublicErrorInfo } from '../event/run-event.ts'
import type { Lease, RunRecord } from '../store/store.ts'

/**
 * How long a run may still take, in ms. What its record says of the lease tells the store's time when that
 * was given, so that no two clocks are compared.
 */
export function timeLeft({ createdAt, leaseUntil }: RunRecord, { ttl }: Lease, limit: number = Infinity): number {
  return createdAt + limit - (leaseUntil - ttl)
}

/** What a terminal entry says. */
export type Ending = Omit<EndEvent, 'type'>

export const CANCELLED: Ending = { status: 'cancelled' }
export const PRODUCER_LOST: Ending = failed({ code: 'producer_lost', message: 'The process that worked on this run is gone.' })
export const TIMED_OUT: Ending = failed({ code: 'timeout', message: 'The run took longer than it may.' })
/** Of an error that is not public nothing is told (P11). */
export const INTERNAL: Ending = failed({ code: 'internal', message: 'Something went wrong while working on this run.' })

/** Bytes of JSON. */
const RESULT_SIZE = 64 * 1024
/** Of a public error's code and message, in UTF-16 units: an end is never refused for its size. */
const CODE_LENGTH = 100
const MESSAGE_LENGTH = 4_000

const encoder = new TextEncoder()

function failed(error: PublicErrorInfo): Ending {
  return { status: 'failed', error }
}

/** Whoever writes no types may throw one with anything in it. */
export function failedWith({ code, message }: { readonly [Key in keyof PublicError]: unknown }): Ending {
  return failed({ code: String(code).slice(0, CODE_LENGTH), message: String(message).slice(0, MESSAGE_LENGTH) })
}

/** @throws MillraceError `too_large` */
export function completedWith(result: unknown): Ending {
  const json = result === undefined ? undefined : JSON.stringify(result)
  if (json === undefined) return { status: 'completed' }
  if (encoder.encode(json).length > RESULT_SIZE) {
    throw new MillraceError('too_large', `A run's result is larger than ${String(RESULT_SIZE)} bytes of JSON. Stream it instead.`)
  }
  return { status: 'completed', result: JSON.parse(json) as Json }
}
