import { isBuiltin } from 'node:module'
import type { Driver } from '../../packages/millrace/src/store/sqlite/driver.ts'
import { loadDriver } from '../../packages/millrace/src/store/sqlite/drivers.ts'
import type { SqliteDriver } from '../../packages/millrace/src/store/sqlite/drivers.ts'

/** The drivers that this runtime has: every test of SQLite runs on each. `test/node-24` sees to it that both have their turn. */
export const sqliteDrivers: readonly SqliteDriver[] = isBuiltin('node:sqlite') ? ['libsql', 'node:sqlite'] : ['libsql']

/** A connection past the store. It takes the store's driver: closing a file in another SQLite would undo the store's locks. */
export async function openRaw(driver: SqliteDriver, path: string): Promise<Driver> {
  return (await loadDriver(driver))(path)
}
