/**
 * What this backing asks of an SQLite engine: so little that `libsql` and `node:sqlite` both fit.
 * Everything is synchronous; a statement that meets another process's lock fails at once (no busy
 * timeout), because waiting inside the engine would stop the event loop.
 */
export type Value = number | string | Uint8Array | null
export type Row = readonly Value[]

export interface Statement {
  /** @throws EngineError */
  run(params: readonly Value[]): void
  /** Columns in the order of the query; a BLOB is a Uint8Array. @throws EngineError */
  all(params: readonly Value[]): readonly Row[]
}

export interface Driver {
  prepare(sql: string): Statement
  exec(sql: string): void
  close(): void
}

/** Opens the file, creating it where it is missing. */
export type OpenDriver = (path: string) => Driver

/** What went wrong inside the engine, by SQLite's own (extended) result code; 0 where it gave none. */
export class EngineError extends Error {
  override readonly name = 'EngineError'
  readonly resultCode: number

  constructor(resultCode: number, cause: unknown) {
    super(`SQLite result code ${String(resultCode)}`, { cause })
    this.resultCode = resultCode
  }
}
