import { EngineError } from './driver.ts'
import type { Driver, Row, Statement, Value } from './driver.ts'

/** A connection of a package's own: its calls throw what that package throws. */
export interface RawConnection {
  prepare(sql: string): RawStatement
  exec(sql: string): unknown
  close(): unknown
}
export interface RawStatement {
  run(params: readonly Value[]): unknown
  all(params: readonly Value[]): readonly Row[]
}

/**
 * A package's connection as a driver: it refuses what packages take in ways of their own, and its errors carry
 * SQLite's code.
 * @param resultCodeOf finds that code in an error of the package, 0 where there is none
 */
export function checkedDriver(open: () => RawConnection, resultCodeOf: (error: unknown) => number): Driver {
  const guarded = <T>(call: () => T): T => {
    try {
      return call()
    } catch (cause) {
      throw new EngineError(resultCodeOf(cause), cause)
    }
  }
  return new CheckedDriver(guarded(open), guarded)
}

type Guarded = <T>(call: () => T) => T

class CheckedDriver implements Driver {
  readonly #connection: RawConnection
  readonly #guarded: Guarded
  #closed = false

  constructor(connection: RawConnection, guarded: Guarded) {
    this.#connection = connection
    this.#guarded = guarded
  }

  prepare(sql: string): Statement {
    this.#checkOpen()
    const guarded = this.#guarded
    const statement = guarded(() => this.#connection.prepare(sql))
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
    this.#guarded(() => this.#connection.exec(sql))
  }

  close(): void {
    if (this.#closed) return
    this.#closed = true
    this.#guarded(() => this.#connection.close())
  }

  /** libsql itself goes on without a word after `close()`. */
  #checkOpen(): void {
    if (this.#closed) throw new TypeError('The database is closed.')
  }
}

/**
 * libsql aborts the whole process on a boolean, and both packages take a lone object for named parameters and bind
 * NULL for what is missing. Types forbid all that, but callers from JavaScript exist.
 */
function checkParams(params: readonly Value[], expected: number): void {
  if (params.length !== expected) throw new TypeError(`The statement takes ${String(expected)} values.`)
  for (const value of params) {
    const type = typeof value
    if (type === 'string' || type === 'number' || value === null || value instanceof Uint8Array) continue
    throw new TypeError(`SQLite cannot store a value of type ${type}.`)
  }
}
