import { createHook } from 'node:async_hooks'

/** What else goes on in the process makes a promise now and then: some of the tries are free of it. */
const TRIES = 7

/**
 * How many promises `work` makes to the end of the turn it ends in: the fewest of some tries, each of which
 * makes all that are its own.
 */
export async function promisesIn(work: () => Promise<void>): Promise<number> {
  let fewest = Infinity
  for (let attempt = 0; attempt < TRIES; attempt += 1) fewest = Math.min(fewest, await promisesOnce(work))
  return fewest
}

async function promisesOnce(work: () => Promise<void>): Promise<number> {
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
