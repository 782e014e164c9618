import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { chownSync, realpathSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import pg from 'pg'
import { freePort } from './free-port.ts'
import { until } from './run/faulty.ts'

/** A private server in a folder of its own, whose user `postgres` may do everything. */
export interface PostgresServer extends AsyncDisposable {
  readonly port: number
  readonly url: string
  /** As whom programs of Postgres are started. */
  readonly account: Account
  /** Starts it again where it was, with what it has on disk. */
  start(): Promise<void>
  /** SIGKILL of the server's first process, whose others see it and go: what a crash looks like. */
  kill(): Promise<void>
}

export interface PostgresOptions {
  /** Pairs as in `postgresql.conf`. By default nothing is forced to the disk: only a killed machine would notice. */
  readonly settings?: Readonly<Record<string, string>>
  /** Asks for this password, where none is asked for otherwise. */
  readonly password?: string
  /** Default: any that is free. */
  readonly port?: number
  /** It begins as a copy of this one, follows it, and is not waited for by it. */
  readonly follows?: PostgresServer
}

interface Account {
  readonly uid?: number
  readonly gid?: number
}

export async function startPostgres(program: string, options: PostgresOptions = {}): Promise<PostgresServer> {
  const account = accountOf()
  const folder = await folderOf(account, 'millrace-postgres-')
  const port = options.port ?? (await freePort())
  const data = join(folder, 'data')
  // What lies on the PATH may be a link, without the programs that lie beside the one it leads to.
  makeData(dirname(realpathSync(program)), data, account, options)
  const all = {
    port: String(port), listen_addresses: '127.0.0.1', unix_socket_directories: folder, fsync: 'off', full_page_writes: 'off',
    max_connections: '200', log_min_messages: 'panic', ...options.settings,
  }
  const flags = Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`])
  let server: ChildProcess | null = null
  const launch = (): ChildProcess => spawn(program, ['-D', data, ...flags], { ...account, cwd: folder, stdio: 'ignore' })
  const start = async (): Promise<void> => {
    server = launch()
    await until(async () => {
      // After a kill the orphans of the server before may hold its memory still: then it does not start yet.
      if (server?.exitCode !== null) server = launch()
      return isUp(port)
    }, 'postgres answers', 30_000)
  }
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    if (server === null) return
    const gone = new Promise((resolve) => server?.once('exit', resolve))
    server.kill(signal)
    await gone
    server = null
  }
  const dispose = async (): Promise<void> => {
    await end('SIGQUIT')
    await rm(folder, { recursive: true })
  }
  await start().catch(async (error: unknown) => {
    await dispose()
    throw error
  })
  return {
    port, account, start,
    url: `postgres://postgres@127.0.0.1:${String(port)}/postgres`,
    kill: () => end('SIGKILL'),
    [Symbol.asyncDispose]: dispose,
  }
}

function makeData(programs: string, data: string, account: Account, { password, follows }: PostgresOptions): void {
  const fromText = ['bash', '-c', 'exec "$@" --pwfile=<(echo "$MILLRACE_PASSWORD")', 'initdb']
  const initdb = [join(programs, 'initdb'), '-D', data, '-U', 'postgres', '-N', '-E', 'UTF8', '--locale=C.UTF-8']
  const fresh = password === undefined ? [...initdb, '-A', 'trust'] : [...fromText, ...initdb, '-A', 'scram-sha-256']
  const copy = [join(programs, 'pg_basebackup'), '-D', data, '-R', '-N', '-c', 'fast', '-d', follows?.url ?? '']
  const [command = '', ...args] = follows === undefined ? fresh : copy
  const env = { ...process.env, MILLRACE_PASSWORD: password }
  execFileSync(command, args, { ...account, cwd: dirname(data), stdio: ['ignore', 'ignore', 'inherit'], env })
}

/** Postgres refuses to run as root: there it runs as the user that its package has made. */
function accountOf(): Account {
  if (process.getuid?.() !== 0) return {}
  const idOf = (flag: string): number => Number(execFileSync('id', [flag, 'postgres'], { encoding: 'utf8' }))
  return { uid: idOf('-u'), gid: idOf('-g') }
}

export async function folderOf({ uid, gid }: Account, prefix: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), prefix))
  if (uid !== undefined && gid !== undefined) chownSync(folder, uid, gid)
  return folder
}

/** One statement on a connection of its own. */
export async function ask(url: string, text: string, values: readonly unknown[] = []): Promise<readonly Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    const { rows } = await client.query<Record<string, unknown>>(text, [...values])
    return rows
  } finally {
    await client.end()
  }
}

async function isUp(port: number): Promise<boolean> {
  const client = new pg.Client({ connectionString: `postgres://nobody@127.0.0.1:${String(port)}/postgres` }).on('error', () => undefined)
  try {
    await client.connect()
    return true
  } catch (error) {
    // A server that refuses this user, or wants a password, is up too; one that is starting says that it is.
    return error instanceof Error && !['ECONNREFUSED', 'ECONNRESET', '57P03'].includes('code' in error ? String(error.code) : '')
  } finally {
    await client.end().catch(() => undefined)
  }
}
