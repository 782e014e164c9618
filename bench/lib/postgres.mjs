import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import pg from 'pg'
import { freePort } from './redis.mjs'

const VERSIONS = '/usr/lib/postgresql'

/**
 * A Postgres of its own, `null` where this machine has none. It forces nothing to the disk: what a flush costs is
 * the disk's figure, and drowns every other. Processes started after it find it.
 */
export async function startPostgres() {
  const programs = programsHere()
  if (programs === null) return null
  const account = accountHere()
  const folder = mkdtempSync(join(tmpdir(), 'millrace-bench-'))
  if (account.uid !== undefined) chownSync(folder, account.uid, account.gid)
  const data = join(folder, 'data')
  const run = { ...account, cwd: folder, stdio: 'ignore' }
  execFileSync(join(programs, 'initdb'), ['-D', data, '-U', 'postgres', '-A', 'trust', '-N', '-E', 'UTF8', '--locale=C.UTF-8'], run)
  const port = await freePort()
  const settings = { port, listen_addresses: '127.0.0.1', unix_socket_directories: folder, fsync: 'off', shared_preload_libraries: 'pg_stat_statements' }
  const server = spawn(join(programs, 'postgres'), ['-D', data, ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])], run)
  const url = `postgres://postgres@127.0.0.1:${port}/postgres`
  const stop = async () => {
    const exited = once(server, 'exit')
    server.kill('SIGQUIT')
    await exited
    rmSync(folder, { recursive: true, force: true })
  }
  for (let tries = 0; tries < 200; tries += 1) {
    if (await ask(url, 'CREATE EXTENSION pg_stat_statements').then(() => true, () => false)) {
      process.env.MILLRACE_BENCH_POSTGRES = url
      return { url, pid: server.pid, stop }
    }
    await pause(50)
  }
  await stop()
  throw new Error('The Postgres of the bench does not answer.')
}

/** One statement on a connection of its own. */
export async function ask(url, text) {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    return (await client.query(text)).rows
  } finally {
    await client.end()
  }
}

/** Debian puts none of them on the PATH. */
function programsHere() {
  if (!existsSync(VERSIONS)) return null
  const [newest] = readdirSync(VERSIONS).toSorted((a, b) => Number(b) - Number(a))
  return newest === undefined ? null : join(VERSIONS, newest, 'bin')
}

/** It refuses to run as root: then it runs as the user that its package has made. */
function accountHere() {
  if (process.getuid?.() !== 0) return {}
  const idOf = (flag) => Number(execFileSync('id', [flag, 'postgres'], { encoding: 'utf8' }))
  return { uid: idOf('-u'), gid: idOf('-g') }
}
