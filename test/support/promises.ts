import { createHook } from 'node:async_hooks'

/** How many promises the process makes from the beginning of `work` to the end of the turn it ends in. */
export async function promisesIn(work: () => Promise<void>): Promise<number> {
  let count = 0
  const hook = createHook({
    init: (_id, type) => {
      if (type === 'PROMISE') count += 1
    },
  }).enable()
  try {
    await work()
    await new Promise((resolve) => setImmediate(resolve))
  } finally {
    hook.disable()
  }
  return count
}
