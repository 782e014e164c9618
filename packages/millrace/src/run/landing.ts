import type { Tail, TailListener } from './tail.ts'

/** Resolves when something lands after `at`; rejects with the signal's reason when it is aborted. */
export function landing(tail: Tail, at: number, signal?: AbortSignal): Promise<void> {
  if (tail.offset > at) return Promise.resolve()
  signal?.throwIfAborted()
  return new Promise((resolve, reject) => {
    const leave = (): void => {
      tail.leave(listener)
      signal?.removeEventListener('abort', onAbort)
    }
    const onAbort = (): void => {
      leave()
      reject(signal?.reason as Error)
    }
    const listener: TailListener = {
      onBatch: () => {
        leave()
        resolve()
      },
      onLost: (error) => {
        leave()
        reject(error)
      },
    }
    signal?.addEventListener('abort', onAbort)
    tail.join(listener)
  })
}
