import type { Store } from '../../packages/millrace/src/store/store.ts'
import { newNonce } from '../../packages/millrace/src/store/testing/fixtures.ts'
import type { StoreHarness } from '../../packages/millrace/src/store/testing/harness.ts'

/**
 * Stores on an engine that runs beside the tests: each data set has a name of its own there.
 *
 * @param openStore opens a store on connections of its own, as another process has one; closing it lets go of them
 * @param remove what is left of a data set once all its stores are closed
 */
export function serverHarness(openStore: (name: string) => Store | Promise<Store>, remove?: (name: string) => Promise<void>): StoreHarness {
  return {
    clock: 'real',
    async open() {
      const name = `t_${newNonce().slice(0, 12)}`
      const handles: Store[] = []
      const another = async (): Promise<Store> => {
        const store = await openStore(name)
        handles.push(store)
        return store
      }
      const closeAll = async (): Promise<void> => {
        await Promise.all(handles.map((store) => store.close()))
      }
      return {
        store: await another(),
        second: another,
        async restart() {
          await closeAll()
          return another()
        },
        advance: (ms) => new Promise((resolve) => setTimeout(resolve, ms + 1)),
        async close() {
          await closeAll()
          await remove?.(name)
        },
      }
    },
  }
}
