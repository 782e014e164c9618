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
