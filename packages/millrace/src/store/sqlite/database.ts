import type { Driver, Row, Statement, Value } from './driver.ts'

/** A connection with its prepared statements. */
export class Database {
  readonly #driver: Driver
  readonly #statements = new Map<string, Statement>()

  constructor(driver: Driver) {
    this.#driver = driver
  }

  run(sql: string, params: readonly Value[]): void {
    this.#statement(sql).run(params)
  }

  all(sql: string, params: readonly Value[] = []): readonly Row[] {
    return this.#statement(sql).all(params)
  }

  exec(sql: string): void {
    this.#driver.exec(sql)
  }

  /**
   * `DEFERRED` reads one snapshot; `IMMEDIATE` also takes the write lock at once, so that nothing
   * decided inside can be overtaken. Whatever throws inside rolls back.
   *
   * These go through `exec`: a prepared BEGIN that met a lock stays "in progress", and the engine
   * then refuses the COMMIT of every later transaction.
   */
  transaction<T>(mode: 'DEFERRED' | 'IMMEDIATE', body: () => T): T {
    this.exec(`BEGIN ${mode}`)
    try {
      const result = body()
      this.exec('COMMIT')
      return result
    } catch (error) {
      this.#rollback()
      throw error
    }
  }

  /** A number that changes when, and only when, another connection has committed. */
  dataVersion(): number {
    return Number(this.all('PRAGMA data_version')[0]?.[0])
  }

  /** libsql keeps the file open until its statements are collected, so what SQLite does at the last close is done here. */
  close(): void {
    try {
      this.exec('PRAGMA wal_checkpoint(TRUNCATE)')
    } catch {
      // Another process is at work: it, or the next to open the file, does it.
    }
    this.#statements.clear()
    this.#driver.close()
  }

  #statement(sql: string): Statement {
    let statement = this.#statements.get(sql)
    if (statement === undefined) {
      statement = this.#driver.prepare(sql)
      this.#statements.set(sql, statement)
    }
    return statement
  }

  /** After some errors (a full disk, a failed read) the engine has rolled back by itself and refuses a second one. */
  #rollback(): void {
    try {
      this.exec('ROLLBACK')
    } catch {
      // The error that led here says more.
    }
  }
}
