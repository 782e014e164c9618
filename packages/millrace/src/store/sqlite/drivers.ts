import { MillraceError } from '../../event/error.ts'
import type { OpenDriver } from './driver.ts'
import { loadLibsql } from './libsql-driver.ts'
import { loadNodeSqlite } from './node-driver.ts'

/** Where SQLite comes from: the package `libsql`, or the runtime itself (Node 22.16 and later). */
export type SqliteDriver = 'libsql' | 'node:sqlite'

const NO_LIBSQL = 'The SQLite store needs the package `libsql`, which could not be loaded. Install it: npm install libsql'
const NO_NODE_SQLITE = 'This runtime has no `node:sqlite` that the SQLite store could use: run it on Node 22.16 or later.'

/** From JavaScript any name may come, and a wrong one must not pass for none. */
export function checkDriver(name: string | undefined): void {
  if (name === undefined || name === 'libsql' || name === 'node:sqlite') return
  throw new MillraceError('store_failed', 'A driver of SQLite is `libsql` or `node:sqlite`.')
}

/**
 * The one that was asked for. Otherwise the runtime's own, which is the newer SQLite, else libsql.
 * @throws MillraceError `missing_package`
 */
export async function loadDriver(wanted: SqliteDriver | undefined): Promise<OpenDriver> {
  const own = wanted === 'libsql' ? null : loadNodeSqlite()
  if (own) return own
  if (wanted === 'node:sqlite') return missing(NO_NODE_SQLITE)
  try {
    return await loadLibsql()
  } catch (cause) {
    return missing(wanted === 'libsql' ? `${NO_LIBSQL}.` : `${NO_LIBSQL}, or run it on Node 22.16 or later, which brings SQLite.`, cause)
  }
}

function missing(message: string, cause?: unknown): never {
  throw new MillraceError('missing_package', message, { cause })
}
