import pg from 'pg'
import { postgres } from '../../packages/millrace/src/store/postgres/store.ts'
import type { Store } from '../../packages/millrace/src/store/store.ts'
import { newNonce } from '../../packages/millrace/src/store/testing/fixtures.ts'
import type { StoreHarness } from '../../packages/millrace/src/store/testing/harness.ts'

/** A store on connections of its own, as another process has one; closing it lets go of them. */
export type OpenStore = (schema: string) => Store

/** Every data set is a schema of its own on the same server. */
export function postgresHarness(openStore: OpenStore): StoreHarness {
  return {
    clock: 'real',
    open() {
      const schema = `t_${newNonce().slice(0, 12)}`
      const handles: Store[] = []
      const another = (): Store => {
        const store = openStore(schema)
        handles.push(store)
        return store
      }
      const closeAll = async (): Promise<void> => {
        await Promise.all(handles.map((store) => store.close()))
      }
      return Promise.resolve({
        store: another(),
        second: () => Promise.resolve(another()),
        async restart() {
          await closeAll()
          return another()
        },
        advance: (ms) => new Promise((resolve) => setTimeout(resolve, ms + 1)),
        close: closeAll,
      })
    },
  }
}

const quiet = (): void => undefined

export function withUrl(url: string): OpenStore {
  return (schema) => postgres(url, { schema, warn: quiet })
}

/** The pool is its owner's, who lets go of it after the store did. */
export function withPool(url: string, listen?: string): OpenStore {
  return (schema) => {
    const pool = new pg.Pool({ connectionString: url, max: 4 })
    const store = postgres(pool, { schema, warn: quiet, ...(listen === undefined ? {} : { listen }) })
    const close = store.close.bind(store)
    store.close = async () => {
      await close()
      if (!pool.ended) await pool.end()
    }
    return store
  }
}
