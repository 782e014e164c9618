import { toStoreError, unreachable } from './failure.ts'

/** For how long a call waits for its answer, in ms, before it fails with `store_busy`. */
export const PATIENCE = 3_000

/**
 * A pool may keep a call for as long as it has no connection, or for ever. Here none waits for long. What
 * becomes of a call given up is not known.
 */
export function patiently<T>(answer: Promise<T>, patience: number = PATIENCE): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const timer = setTimeout(() => { reject(unreachable(new Error(`no answer within ${String(patience / 1000)} s`))) }, patience)
    answer.then(resolve, (error: unknown) => { reject(toStoreError(error)) }).finally(() => { clearTimeout(timer) })
  })
}
