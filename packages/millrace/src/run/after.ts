/** What is longer overflows a timer, which then fires at once. */
const LONGEST = 2 ** 31 - 1

/**
 * A timer for any time, in ms.
 * @returns what calls it off
 */
export function after(ms: number, onOver: () => void): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined
  const wait = (left: number): void => {
    timer = setTimeout(() => (left > LONGEST ? wait(left - LONGEST) : onOver()), Math.min(left, LONGEST))
  }
  wait(ms)
  return () => clearTimeout(timer)
}

/** Waits for that work, and no longer than so many ms. */
export async function atMost(ms: number, work: Promise<unknown>): Promise<void> {
  let over = (): void => undefined
  const late = new Promise<void>((resolve) => (over = after(ms, resolve)))
  await Promise.race([late, work]).finally(over)
}

/** Waits, and no longer than until `signal` is aborted. */
export function pause(ms: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve()
  return new Promise((resolve) => {
    const over = (): void => {
      callOff()
      signal.removeEventListener('abort', over)
      resolve()
    }
    const callOff = after(ms, over)
    signal.addEventListener('abort', over)
  })
}
