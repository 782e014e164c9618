import { MillraceError } from '../../event/error.ts'
import type { ErrorCode } from '../../event/error.ts'

/** What the user can do about it, by SQLSTATE. */
const FAILED: Readonly<Record<string, string>> = {
  '28P01': 'Postgres refuses this user and password: check those in the URL (postgres://USER:PASSWORD@HOST/DATABASE).',
  '28000': 'Postgres refuses this user: it has none of this name (postgres://USER:PASSWORD@HOST/DATABASE), or not from this host (pg_hba.conf), or only with TLS (`?sslmode=require` behind the URL).',
  '3D000': 'Postgres has no such database: create it, or check the name at the end of the URL.',
  '42501': 'The user of this Postgres may not do what the store does: GRANT it USAGE on the schema, and SELECT, INSERT, UPDATE and DELETE on its tables. To migrate it needs CREATE on the database.',
  '53100': 'The disk of Postgres is full; nothing was written.',
  '3F000': 'The schema of the Postgres store is gone, or was never made: begin again with a new store, which migrates.',
  '42P01': 'A table of the Postgres store is gone: somebody has changed its schema.',
  '42883': 'A function of the Postgres store is gone: somebody has changed its schema.',
  '42P07': 'The schema holds tables of somebody else: give the store another one with the option `schema`.',
  '54000': 'Postgres cannot hold so much in one write.',
}

/** What passes by itself: connections, resources, conflicts of transactions, operators, and a standby that will be promoted. */
const BUSY = /^(?:08|53|57|40|55P03|25006|25P0)/
const CORRUPT = /^XX00[12]/

/** The SQLSTATE of an error that the server answered with; `null` for every other. */
export function codeOf(error: unknown): string | null {
  // Errors of Node have codes too, but no severity.
  if (!(error instanceof Error && 'severity' in error && 'code' in error)) return null
  return typeof error.code === 'string' ? error.code : null
}

/** Whether a client failed by itself, for a reason of which it gives no code: neither the server nor the network has one. */
export function isUnexplained(error: unknown): boolean {
  return error instanceof MillraceError && error.code === 'store_busy' && error.cause instanceof Error && !('code' in error.cause)
}

/** Any error of a client as the one the contract names. */
export function toStoreError(error: unknown): MillraceError {
  if (error instanceof MillraceError) return error
  const options = { cause: error }
  const code = codeOf(error)
  if (code === null) return unreachable(error)
  const known = FAILED[code]
  if (known !== undefined) return new MillraceError(code === '54000' ? 'too_large' : 'store_failed', known, options)
  return new MillraceError(kindOf(code), `${SAID[kindOf(code)]} (${code}: ${describe(error)}).`, options)
}

type Kind = Extract<ErrorCode, 'store_busy' | 'store_corrupt' | 'store_failed'>

const SAID: Readonly<Record<Kind, string>> = {
  store_busy: 'Postgres cannot answer now; try again',
  store_corrupt: 'Postgres reports damage to its own files',
  store_failed: 'Postgres failed',
}

function kindOf(code: string): Kind {
  if (BUSY.test(code)) return 'store_busy'
  return CORRUPT.test(code) ? 'store_corrupt' : 'store_failed'
}

/** What never came to the server, or whose answer never came back. */
export function unreachable(cause: unknown): MillraceError {
  const why = describe(cause)
  return new MillraceError('store_busy', `Postgres cannot be reached${why === '' ? '' : ` (${why})`}: is it running?`, { cause })
}

export function corrupt(what: string): MillraceError {
  return new MillraceError('store_corrupt', `The Postgres store is damaged: ${what}.`)
}

function describe(error: unknown): string {
  if (error instanceof AggregateError && error.message === '') return describe(error.errors[0])
  return error instanceof Error ? error.message : ''
}
