import { MillraceError } from '../../event/error.ts'
import type { PgPool, PgQuery } from './clients.ts'
import { PATIENCE, patiently } from './patience.ts'

/** What Postgres calls the type of bytes. */
const BYTEA = 17

export type Row = readonly unknown[]

const types: PgQuery['types'] = {
  getTypeParser: (oid) => (oid === BYTEA ? bytesOf : (text) => text),
}

/** @param values at the places $1, $2, …; bytes travel as they are */
export function statement(text: string, values: readonly unknown[] = [], timeout: number = PATIENCE): PgQuery {
  return { text, values, rowMode: 'array', types, query_timeout: timeout }
}

/** One statement, one round trip, its own transaction. The client's own time-out lets go of a connection that is half open. */
export async function ask(pool: PgPool, text: string, values?: readonly unknown[]): Promise<readonly Row[]> {
  if (pool.ending) throw new MillraceError('store_failed', 'The pool of the Postgres store was ended: hand the store one that is open, and end it after the store.')
  const { rows } = await patiently(pool.query(statement(text, values)))
  return rows
}

function bytesOf(hex: string): Uint8Array {
  const bytes = Buffer.from(hex.slice(2), 'hex')
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length)
}
