import { checkedDriver } from './checked-driver.ts'
import type { RawConnection } from './checked-driver.ts'
import type { OpenDriver, Row, Value } from './driver.ts'

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

/** Loads the optional peer package, and throws what that throws where it is missing. */
export async function loadLibsql(): Promise<OpenDriver> {
  const loaded: { readonly default: unknown } = await import('libsql')
  const Database = loaded.default as Libsql
  return (path) => checkedDriver(() => connect(Database, path), resultCodeOf)
}

function connect(Database: Libsql, path: string): RawConnection {
  const database = new Database(path, { timeout: 0 })
  return {
    prepare(sql) {
      const statement = database.prepare(sql)
      // Rows as arrays: in rows as objects BLOBs are ArrayBuffers. It throws on statements that give no rows.
      if (statement.reader) statement.raw()
      return statement
    },
    exec: (sql) => database.exec(sql),
    close: () => database.close(),
  }
}

function resultCodeOf(error: unknown): number {
  const code = typeof error === 'object' && error !== null && 'rawCode' in error ? error.rawCode : 0
  return typeof code === 'number' ? code : 0
}
