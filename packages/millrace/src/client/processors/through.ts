import type { Machine } from './machine.ts'
import { Pulled } from './pulled.ts'

/**
 * `source` as `machine` makes it, read only as fast as it is read itself. Where the source fails, what
 * was held back is given out first: it was said. Whoever leaves closes the source.
 */
export function through<In, Out>(source: AsyncIterable<In>, machine: Machine<In, Out>): AsyncIterableIterator<Out, undefined> {
  const reader = source[Symbol.asyncIterator]()
  const leave = (): unknown => reader.return?.()
  let finish: (() => null) | null = null

  async function read(): Promise<IteratorResult<In>> {
    try {
      return await reader.next()
    } catch (error) {
      finish = () => {
        throw error
      }
      return { done: true, value: undefined }
    }
  }

  async function pull(): Promise<readonly Out[] | null> {
    if (finish) return finish()
    const step = await read()
    if (step.done) {
      finish ??= () => null
      return machine.end()
    }
    try {
      return await machine.push(step.value)
    } catch (error) {
      await leave()
      throw error
    }
  }

  return new Pulled(pull, leave)
}
