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
   */
  transaction<T>(mode: 'DEFERRED' | 'IMMEDIATE', body: () => T): T {
    this.run(`BEGIN ${mode}`, [])
    try {
      const result = body()
      this.run('COMMIT', [])
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

  close(): void {
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
      this.run('ROLLBACK', [])
    } catch {
      // The error that led here says more.
    }
  }
}
