import process from 'node:process'
import { checkedDriver } from './checked-driver.ts'
import type { RawConnection } from './checked-driver.ts'
import type { OpenDriver, Row, Value } from './driver.ts'

/** The part of the face of `node:sqlite` that is used here. */
interface NodeStatement {
  setReturnArrays(enabled: boolean): void
  run(...params: readonly Value[]): unknown
  all(...params: readonly Value[]): Row[]
}
interface NodeDatabase {
  prepare(sql: string): NodeStatement
  exec(sql: string): void
  close(): void
}
interface NodeSqlite {
  readonly DatabaseSync: new (path: string, options: { readonly timeout: number }) => NodeDatabase
  readonly StatementSync: { readonly prototype: object }
}

const CORRUPT = 11

/**
 * SQLite as the runtime brings it; `null` where it brings none (before Node 22.13), or one without rows as arrays
 * (before 22.16). It is asked for and not imported, so that no bundler and no older Node stumbles over the name.
 */
export function loadNodeSqlite(): OpenDriver | null {
  const loaded = process.getBuiltinModule('node:sqlite') as NodeSqlite | undefined
  if (loaded === undefined || !('setReturnArrays' in loaded.StatementSync.prototype)) return null
  const { DatabaseSync } = loaded
  return (path) => checkedDriver(() => connect(new DatabaseSync(path, { timeout: 0 })), resultCodeOf)
}

function connect(database: NodeDatabase): RawConnection {
  return {
    prepare(sql) {
      const statement = database.prepare(sql)
      statement.setReturnArrays(true)
      return {
        run: (params) => statement.run(...params),
        all: (params) => statement.all(...params),
      }
    },
    exec: (sql) => { database.exec(sql) },
    close: () => { database.close() },
  }
}

function resultCodeOf(error: unknown): number {
  if (typeof error !== 'object' || error === null) return 0
  if ('errcode' in error && typeof error.errcode === 'number') return error.errcode
  // It reads no integer that JavaScript cannot hold, and none such is ever written: a bit of it has flipped.
  return 'code' in error && error.code === 'ERR_OUT_OF_RANGE' ? CORRUPT : 0
}
