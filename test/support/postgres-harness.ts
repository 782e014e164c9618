import pg from 'pg'
import { postgres } from '../../packages/millrace/src/store/postgres/store.ts'
import type { Store } from '../../packages/millrace/src/store/store.ts'
import type { StoreHarness } from '../../packages/millrace/src/store/testing/harness.ts'
import { serverHarness } from './server-harness.ts'

/** A store on connections of its own, as another process has one; closing it lets go of them. */
export type OpenStore = (schema: string) => Store

/** Every data set is a schema of its own on the same server. */
export function postgresHarness(openStore: OpenStore): StoreHarness {
  return serverHarness(openStore)
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
