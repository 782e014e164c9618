import { spawn } from 'node:child_process'
import { writeFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { vi } from 'vitest'
import { freePort } from './free-port.ts'
import { ask, folderOf, type PostgresServer } from './postgres-server.ts'

export interface Pgbouncer extends AsyncDisposable {
  readonly url: string
}

/** A private pooler in transaction mode: what one client says next may come to another connection of the server. */
export async function startPgbouncer(program: string, { port: origin, account }: PostgresServer): Promise<Pgbouncer> {
  const folder = await folderOf(account, 'millrace-pgbouncer-')
  const port = await freePort()
  const file = join(folder, 'pgbouncer.ini')
  await writeFile(file, `
[databases]
* = user=postgres host=127.0.0.1 port=${String(origin)}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${String(port)}
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = 3
max_client_conn = 500
server_round_robin = 1
server_login_retry = 1
`)
  const server = spawn(program, ['-q', file], { ...account, cwd: folder, stdio: 'ignore' })
  const url = `postgres://postgres@127.0.0.1:${String(port)}/postgres`
  await vi.waitUntil(async () => {
    if (server.exitCode !== null) throw new Error('pgbouncer did not start')
    return ask(url, 'SELECT 1').then(() => true, () => false)
  }, { timeout: 10_000, interval: 20 })
  return {
    url,
    [Symbol.asyncDispose]: async () => {
      const gone = new Promise((resolve) => server.once('exit', resolve))
      server.kill('SIGKILL')
      await gone
      await rm(folder, { recursive: true })
    },
  }
}
