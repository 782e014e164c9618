import { missingPackage } from '../../event/missing-package.ts'
import { EngineError } from './driver.ts'
import type { Driver, OpenDriver, Row, Statement, Value } from './driver.ts'

/** The part of libsql's face that is used here. */
interface LibsqlStatement {
  readonly reader: boolean
  raw(): LibsqlStatement
  run(params: readonly Value[]): unknown
  all(params: readonly Value[]): Row[]
}
interface LibsqlDatabase {
  prepare(sql: string): LibsqlStatement
  exec(sql: string): unknown
  close(): unknown
}
type Libsql = new (path: string, options: { readonly timeout: number }) => LibsqlDatabase

/** Loads the optional peer package. @throws MillraceError `missing_package` */
export async function loadLibsql(): Promise<OpenDriver> {
  const Database = await importLibsql()
  return (path) => {
    const database = guarded(() => new Database(path, { timeout: 0 }))
    return new LibsqlDriver(database)
  }
}

async function importLibsql(): Promise<Libsql> {
  try {
    const loaded: { readonly default: unknown } = await import('libsql')
    return loaded.default as Libsql
  } catch (cause) {
    throw missingPackage('The SQLite store needs', 'libsql', cause)
  }
}

class LibsqlDriver implements Driver {
  readonly #database: LibsqlDatabase
  #closed = false

  constructor(database: LibsqlDatabase) {
    this.#database = database
  }

  prepare(sql: string): Statement {
    this.#checkOpen()
    const statement = guarded(() => this.#database.prepare(sql))
    // Rows as arrays: in rows as objects BLOBs are ArrayBuffers. It throws on statements that give no rows.
    if (statement.reader) statement.raw()
    const expected = sql.split('?').length - 1
    const check = (params: readonly Value[]): void => {
      this.#checkOpen()
      checkParams(params, expected)
    }
    return {
      run(params) {
        check(params)
        guarded(() => statement.run(params))
      },
      all(params) {
        check(params)
        return guarded(() => statement.all(params))
      },
    }
  }

  exec(sql: string): void {
    this.#checkOpen()
    guarded(() => this.#database.exec(sql))
  }

  close(): void {
    if (this.#closed) return
    this.#closed = true
    guarded(() => this.#database.close())
  }

  /** libsql itself goes on without a word after `close()`. */
  #checkOpen(): void {
    if (this.#closed) throw new TypeError('The database is closed.')
  }
}

/**
 * libsql aborts the whole process on a boolean, takes a lone object for named parameters, and binds
 * NULL for what is missing or `undefined`. Types forbid all that, but callers from JavaScript exist.
 */
function checkParams(params: readonly Value[], expected: number): void {
  if (params.length !== expected) throw new TypeError(`The statement takes ${String(expected)} values.`)
  for (const value of params) {
    const type = typeof value
    if (type === 'string' || type === 'number' || value === null || value instanceof Uint8Array) continue
    throw new TypeError(`SQLite cannot store a value of type ${type}.`)
  }
}

function guarded<T>(call: () => T): T {
  try {
    return call()
  } catch (cause) {
    throw new EngineError(resultCodeOf(cause), cause)
  }
}

function resultCodeOf(error: unknown): number {
  const code = typeof error === 'object' && error !== null && 'rawCode' in error ? error.rawCode : 0
  return typeof code === 'number' ? code : 0
}
