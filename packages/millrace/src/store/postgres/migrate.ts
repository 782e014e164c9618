import { MillraceError } from '../../event/error.ts'
import { checkUrl, guardClient, poolFor } from './clients.ts'
import type { PgPool, PgPoolClient, PgResult } from './clients.ts'
import { codeOf, toStoreError } from './failure.ts'
import { patiently } from './patience.ts'
import { MIGRATIONS } from './schema/migrations.ts'
import { ask, statement } from './statements.ts'

/** For how long a process waits for one that is migrating, in ms. */
const MIGRATION_PATIENCE = 60_000
const NAME = /^[a-z_][a-z0-9_]{0,39}$/
const NEWEST = MIGRATIONS.length

export interface MigrateOptions {
  /** Default `millrace`. */
  readonly schema?: string
}

/**
 * Brings the schema of a store to the version that this Millrace needs, and does nothing where it is
 * there. For those whose servers run as a user who may not: `postgres(url, { migrate: false })`.
 */
export async function migratePostgres(target: string | PgPool, { schema = 'millrace' }: MigrateOptions = {}): Promise<void> {
  checkName(schema)
  if (typeof target !== 'string') return prepareSchema(target, schema, true)
  checkUrl(target)
  const pool = await poolFor(target)
  try {
    await prepareSchema(pool, schema, true)
  } finally {
    await pool.end()
  }
}

/** Names are written into statements: one that needs quoting is refused rather than quoted. */
export function checkName(schema: string): void {
  if (NAME.test(schema)) return
  throw new MillraceError('store_failed', 'A schema is 1 to 40 small letters, digits or `_`, the first no digit.')
}

/** @throws MillraceError `store_failed` where the schema is not the one this Millrace needs, and may not be made so */
export async function prepareSchema(pool: PgPool, schema: string, mayMigrate: boolean): Promise<void> {
  const version = await versionOf(pool, schema)
  if (version === NEWEST) return
  checkVersion(version, schema)
  if (mayMigrate) return migrate(pool, schema)
  throw new MillraceError(
    'store_failed',
    `Migration needed: the schema \`${schema}\` of this Postgres is at version ${String(version)}, this Millrace needs ${String(NEWEST)}. `
    + 'Run `await migratePostgres(url)` of millrace/postgres once, as a user who may, or leave out `migrate: false`.',
  )
}

function checkVersion(version: number, schema: string): void {
  if (version <= NEWEST) return
  throw new MillraceError(
    'store_failed',
    `A newer Millrace has made the schema \`${schema}\` (version ${String(version)}; this one knows ${String(NEWEST)}): update Millrace, or give the store another \`schema\`.`,
  )
}

/** 0 where there is none yet. */
async function versionOf(pool: PgPool, schema: string): Promise<number> {
  try {
    const [row] = await ask(pool, `SELECT max(version) FROM ${schema}.migrations`)
    return Number(row?.[0] ?? 0)
  } catch (error) {
    const code = error instanceof MillraceError ? codeOf(error.cause) : null
    if (code === '42P01' || code === '3F000') return 0
    throw error
  }
}

async function migrate(pool: PgPool, schema: string): Promise<void> {
  const client = await patiently(pool.connect())
  guardClient(client)
  try {
    await patiently(migrateIn(client, schema), MIGRATION_PATIENCE)
    client.release()
  } catch (error) {
    // The connection goes, and the transaction with it.
    client.release(true)
    throw toStoreError(error)
  }
}

/** All in one transaction, whose lock lets one process in at a time: the others find that all is done. */
async function migrateIn(client: PgPoolClient, schema: string): Promise<void> {
  const run = (text: string, values?: readonly unknown[]): Promise<PgResult> => client.query(statement(text, values, MIGRATION_PATIENCE))
  const first = async (text: string, values?: readonly unknown[]): Promise<unknown> => (await run(text, values)).rows[0]?.[0]
  await run('BEGIN ISOLATION LEVEL READ COMMITTED')
  await run('SELECT pg_advisory_xact_lock(hashtextextended($1, 0))', [`millrace ${schema}`])
  // Asked first: who may not make schemas may still fill one that was made for him. Of the table, because `to_regnamespace` remembers
  // from before the lock was free that there is none.
  if ((await first('SELECT count(*) FROM pg_namespace WHERE nspname = $1', [schema])) === '0') await run(`CREATE SCHEMA ${schema}`)
  await run(`CREATE TABLE IF NOT EXISTS ${schema}.migrations (version int PRIMARY KEY, at timestamptz NOT NULL DEFAULT now())`)
  const version = Number((await first(`SELECT max(version) FROM ${schema}.migrations`)) ?? 0)
  checkVersion(version, schema)
  for (const [i, sql] of MIGRATIONS.entries()) {
    if (i < version) continue
    await run(sql(schema))
    await run(`INSERT INTO ${schema}.migrations (version) VALUES ($1)`, [i + 1])
  }
  await run('COMMIT')
}
