import type { PublicErrorInfo, RunStatus } from '../event/run-event.ts'

/** What every dialect says where there is no answer, each in its own form. */
export const CANCELLED: PublicErrorInfo = { code: 'cancelled', message: 'The run was cancelled.' }

const FAILED: PublicErrorInfo = { code: 'internal', message: 'The run failed.' }

/** The vendors' clients ask again after a 500: the work would be done, and paid for, once more. */
export const NO_RETRY: Readonly<Record<string, string>> = { 'x-should-retry': 'false' }

/** Why a run has no answer. */
export function failureOf({ status, error }: { readonly status: RunStatus; readonly error?: PublicErrorInfo }): PublicErrorInfo {
  return status === 'cancelled' ? CANCELLED : (error ?? FAILED)
}

/** To readers who cannot take back what they were given, and may ask again. */
export const BEGUN_ANEW: PublicErrorInfo = { code: 'attempt', message: 'The run began anew. Ask again to read it from there.' }

/** To readers who are given the new attempt behind it. */
export const VOID: PublicErrorInfo = { code: 'attempt', message: 'The run began anew: what it said so far is void.' }
