import { MillraceError } from '../../event/error.ts'
import { missingPackage } from '../../event/missing-package.ts'
import { PATIENCE } from './patience.ts'

/** One statement. Never with a name: that would be a state of the connection, which a pooler hands to somebody else. */
export interface PgQuery {
  readonly text: string
  readonly values?: readonly unknown[]
  readonly rowMode: 'array'
  /** What comes as text stays text, however the user of the package reads types. */
  readonly types: { getTypeParser(oid: number): (value: string) => unknown }
  /** In ms. After it the client fails the call and lets go of the connection. */
  readonly query_timeout?: number
}

export interface PgResult {
  readonly rows: readonly (readonly unknown[])[]
}

interface PgQueries {
  query(query: PgQuery): Promise<PgResult>
}

export interface PgPoolClient extends PgQueries {
  on(event: 'error', listener: () => void): unknown
  /** With an error the connection is not used again. */
  release(error?: Error | boolean): void
}

/** The part of a `Pool` of the package `pg` that is used here. */
export interface PgPool extends PgQueries {
  readonly options: object
  /** `end` was called. */
  readonly ending: boolean
  connect(): Promise<PgPoolClient>
  on(event: 'error', listener: (error: Error) => void): unknown
  on(event: 'connect', listener: (client: PgPoolClient) => void): unknown
  off(event: 'error', listener: (error: Error) => void): unknown
  off(event: 'connect', listener: (client: PgPoolClient) => void): unknown
  end(): Promise<void>
}

/** The part of a `Client` of the package `pg` that is used here. */
export interface PgClient extends PgQueries {
  /** `null` or empty: none. A function is asked for it when the server wants one. */
  password?: unknown
  connect(): Promise<unknown>
  on(event: 'error' | 'end', listener: () => void): unknown
  on(event: 'notification', listener: (notification: { readonly payload?: string | undefined }) => void): unknown
  end(): Promise<void>
}

/** A server that does not answer is not waited for longer than a call waits. */
const REACHING = { connectionTimeoutMillis: PATIENCE, keepAlive: true, application_name: 'millrace' }

/** @throws MillraceError `missing_package` */
export async function poolFor(url: string): Promise<PgPool> {
  const { Pool } = await loadPg()
  return guarded(new Pool({ ...REACHING, connectionString: url }))
}

/**
 * The same pool. A connection that breaks says so by an event, and without a listener the process would end of it: the pool listens while
 * nobody uses one, and to one in use nobody does.
 */
export function guarded(pool: PgPool): PgPool {
  pool.on('error', ignore)
  pool.on('connect', guardClient)
  return pool
}

export function unguard(pool: PgPool): void {
  pool.off('error', ignore)
  pool.off('connect', guardClient)
}

/** Of a connection that is taken out of a pool to be used for more than one call. */
export function guardClient(client: PgPoolClient): void {
  client.on('error', ignore)
}

function ignore(): void {
  // The call that was under way fails by itself, and the pool makes another connection.
}

/**
 * A connection that is no pool's. @param target a URL, or a pool whose server is meant
 * @throws MillraceError `missing_package`
 */
export async function clientFor(target: string | PgPool): Promise<PgClient> {
  const { Client } = await loadPg()
  return new Client(typeof target === 'string' ? { ...REACHING, connectionString: target } : { ...target.options, ...REACHING })
}

interface Pg {
  readonly Pool: new (config: object) => PgPool
  readonly Client: new (config: object) => PgClient
}

async function loadPg(): Promise<Pg> {
  try {
    return (await import('pg')).default
  } catch (cause) {
    throw missingPackage('The Postgres store needs', 'pg', cause)
  }
}

/** @throws MillraceError `store_failed` for what is neither a URL of Postgres nor a pool */
export function checkTarget(target: string | PgPool): void {
  if (typeof target === 'string') {
    checkUrl(target)
    return
  }
  // A lone client has no options of a pool, and takes one call at a time.
  const isPool = target instanceof Object && 'connect' in target && 'query' in target && 'options' in target && 'ending' in target
  if (!isPool) throw new MillraceError('store_failed', 'The Postgres store takes a URL, or a `Pool` of the package `pg`: this is neither.')
}

/** @throws MillraceError `store_failed` for what no client takes for a URL of Postgres */
export function checkUrl(url: string): void {
  const isPostgres = URL.canParse(url) && ['postgres:', 'postgresql:'].includes(new URL(url).protocol)
  // The URL may hold a password: it is not repeated.
  if (!isPostgres) throw new MillraceError('store_failed', 'The Postgres store takes a URL like postgres://USER:PASSWORD@HOST:5432/DATABASE.')
}
