import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Database from 'libsql'
import type { Store } from '../../../../packages/millrace/src/index.ts'
import { sqlite as openSqlite } from '../../../../packages/millrace/src/store/sqlite/index.ts'
import type { Row } from '../oracle/evidence.ts'
import type { Engine, EngineSort } from './engine.ts'

/** A file that every worker opens: what is killed is whoever writes it. */
export const sqlite: EngineSort = {
  scheme: 'sqlite',
  program: null,
  async start(address) {
    const given = address.slice('sqlite:'.length)
    const folder = given === '' ? await mkdtemp(join(tmpdir(), 'millrace-chaos-')) : null
    const file = folder === null ? given : join(folder, 'log.db')
    return engineOn(file, async () => {
      if (folder !== null) await rm(folder, { recursive: true })
    })
  },
  harness: () => ({
    clock: 'set',
    async open() {
      const folder = await mkdtemp(join(tmpdir(), 'millrace-chaos-'))
      let now = 1_700_000_000_000
      const handles: Store[] = []
      const another = (): Store => {
        const store = openSqlite(join(folder, 'log.db'), { clock: () => now })
        handles.push(store)
        return store
      }
      const closeAll = (): Promise<unknown> => Promise.all(handles.map((store) => store.close()))
      return {
        store: another(),
        second: () => Promise.resolve(another()),
        async restart() {
          await closeAll()
          return another()
        },
        advance(ms) {
          now += ms
          return Promise.resolve()
        },
        async close() {
          await closeAll()
          await rm(folder, { recursive: true })
        },
      }
    },
  }),
}

function engineOn(file: string, close: () => Promise<void>): Engine {
  return {
    address: () => `sqlite:${file}`,
    endpoint: null,
    crash: null,
    readRows: (run) => Promise.resolve(rowsIn(file, run)),
    close,
  }
}

/** Packed rows stand in `segments`, those that came since in `journal`, beside rows that were packed and are not cleared away yet. */
const ROWS = `
WITH run AS (SELECT key FROM runs WHERE id = ?)
SELECT first, last, bytes FROM segments WHERE run = (SELECT key FROM run)
UNION ALL
SELECT first, last, bytes FROM journal WHERE run = (SELECT key FROM run)
  AND first > (SELECT coalesce(max(last), 0) FROM segments WHERE run = (SELECT key FROM run))
ORDER BY first`

function rowsIn(file: string, run: string): readonly Row[] {
  const database = new Database(file, { readonly: true })
  try {
    const rows = database.prepare(ROWS).all(run) as StoredRow[]
    return rows.map(({ first, last, bytes }) => ({ first, last, text: Buffer.from(bytes).toString() }))
  } finally {
    database.close()
  }
}

interface StoredRow {
  readonly first: number
  readonly last: number
  readonly bytes: Uint8Array
}
