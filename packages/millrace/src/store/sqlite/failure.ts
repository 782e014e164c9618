import { MillraceError } from '../../event/error.ts'
import { EngineError } from './driver.ts'

/** SQLite's primary result codes that mean something of their own here. */
const BUSY = 5
const READONLY = 8
const CORRUPT = 11
const FULL = 13
const CANTOPEN = 14
const PROTOCOL = 15
const NOT_A_DATABASE = 26
const SHORT_READ = 522

const UNWRITABLE = 'This process may not write the SQLite file, or what lies beside it: give it the right to, or name a file elsewhere.'
const A_FOLDER = 'A folder has the name of the SQLite file: name a file in it.'

/** What keeps a file from being made, by the code that the system gives. */
const NO_FILE: Readonly<Record<string, string>> = {
  EACCES: UNWRITABLE,
  EPERM: UNWRITABLE,
  EROFS: UNWRITABLE,
  EISDIR: A_FOLDER,
  EEXIST: 'The folder of the SQLite file cannot be made, for a file has its name: name another.',
  ENOTDIR: 'The folder of the SQLite file cannot be made, for a file has its name: name another.',
  ENOENT: 'The folder of the SQLite file cannot be made there: name another.',
  ENOSPC: 'The disk is full; the SQLite store wrote nothing.',
}

/** Whether another connection holds what this one needs: the same call may succeed a moment later. */
export function isBusy(error: unknown): boolean {
  return error instanceof EngineError && [BUSY, PROTOCOL].includes(primary(error))
}

/** Any error as the one the contract names. */
export function toStoreError(error: unknown): MillraceError {
  if (error instanceof MillraceError) return error
  if (error instanceof EngineError) return fromEngine(error)
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  return new MillraceError('store_failed', NO_FILE[code] ?? 'The SQLite store failed.', { cause: error })
}

function fromEngine(error: EngineError): MillraceError {
  const options = { cause: error }
  if (isBusy(error)) {
    return new MillraceError('store_busy', 'Another process holds the SQLite file; try again.', options)
  }
  if ([CORRUPT, NOT_A_DATABASE].includes(primary(error)) || error.resultCode === SHORT_READ) {
    return new MillraceError('store_corrupt', 'The SQLite file is damaged, or is not an SQLite file: bring back a copy, or name another.', options)
  }
  if (primary(error) === FULL) {
    return new MillraceError('store_failed', 'The disk is full; the SQLite store wrote nothing.', options)
  }
  if ([READONLY, CANTOPEN].includes(primary(error))) return new MillraceError('store_failed', UNWRITABLE, options)
  return new MillraceError('store_failed', `The SQLite store failed (${error.message}).`, options)
}

export function aFolder(): MillraceError {
  return new MillraceError('store_failed', A_FOLDER)
}

export function corrupt(what: string): MillraceError {
  return new MillraceError('store_corrupt', `The SQLite file is damaged: ${what}.`)
}

function primary(error: EngineError): number {
  return error.resultCode & 0xff
}
