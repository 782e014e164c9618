import type { Machine } from './machine.ts'
import { Pulled } from './pulled.ts'
import { Reader } from './reader.ts'

/**
 * `source` as `machine` makes it, read only as fast as it is read itself. Where the source fails, what
 * was held back is given out first: it was said. Whoever leaves closes the source.
 */
export function through<In, Out>(source: AsyncIterable<In>, machine: Machine<In, Out>): AsyncIterableIterator<Out, undefined> {
  const reader = new Reader(source)

  async function pull(): Promise<readonly Out[] | null> {
    if (reader.isDone) return reader.finish()
    const step = await reader.read()
    if (step.done) return machine.end()
    try {
      return await machine.push(step.value)
    } catch (error) {
      await reader.leave()
      throw error
    }
  }

  return new Pulled(pull, () => reader.leave())
}
