import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { jetstreamManager } from '@nats-io/jetstream'
import { connect } from '@nats-io/transport-node'
import { programAt } from './engines.ts'
import { freePort } from './free-port.ts'
import { until } from './run/faulty.ts'

/** A private server with JetStream, in a folder of its own. */
export interface NatsServer extends AsyncDisposable {
  readonly port: number
  readonly url: string
  /** Where it keeps what it keeps. */
  readonly folder: string
  /** Starts it again where it was, with what it has on disk. */
  start(): Promise<void>
  /** SIGKILL, which is what a crash of the server looks like. */
  kill(): Promise<void>
}

interface NatsServerOptions {
  readonly port?: number
  /** `false`: a server that only passes messages on. */
  readonly jetstream?: boolean
  /** How much it may keep on disk. */
  readonly storage?: string
  /** More lines of its configuration. */
  readonly settings?: readonly string[]
}

export async function startNats(program: string, { port: wanted, jetstream = true, storage = '10GB', settings = [] }: NatsServerOptions = {}): Promise<NatsServer> {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-nats-'))
  const port = wanted ?? (await freePort())
  const config = join(folder, 'nats.conf')
  const lines = [`listen: "127.0.0.1:${String(port)}"`, ...(jetstream ? [`jetstream { store_dir: "${folder}", max_file_store: ${storage} }`] : []), ...settings]
  await writeFile(config, lines.join('\n'))
  let server: ChildProcess | null = null
  const start = async (): Promise<void> => {
    server = spawn(program, ['-c', config], { stdio: 'ignore' })
    await answers(port, server)
  }
  const kill = async (): Promise<void> => {
    if (server === null) return
    const gone = new Promise((resolve) => server?.once('exit', resolve))
    server.kill('SIGKILL')
    await gone
    server = null
  }
  await start()
  return {
    port,
    url: `nats://127.0.0.1:${String(port)}`,
    folder,
    start,
    kill,
    [Symbol.asyncDispose]: async () => {
      await kill()
      await rm(folder, { recursive: true })
    },
  }
}

/** Three servers that share the streams out among them. */
export interface NatsCluster extends AsyncDisposable {
  /** Of all three, as a client is given them. */
  readonly servers: readonly string[]
  readonly nodes: readonly NatsServer[]
}

/** Whether the version on this machine keeps streams with replicas as a store needs them: known before any test is. */
export function keepsReplicas(): boolean {
  const program = programAt('nats-server')
  const [, major = 0, minor = 0] = program === undefined ? [] : (/v(\d+)\.(\d+)/.exec(execFileSync(program, ['--version'], { encoding: 'utf8' }))?.map(Number) ?? [])
  return major > 2 || (major === 2 && minor >= 12)
}

export async function startNatsCluster(program: string): Promise<NatsCluster> {
  const routes = await Promise.all([0, 1, 2].map(() => freePort()))
  const all = routes.map((port) => `"nats://127.0.0.1:${String(port)}"`).join(', ')
  const nodes = await Promise.all(routes.map((port, i) => startNats(program, {
    settings: [`server_name: n${String(i)}`, `cluster { name: three, listen: "127.0.0.1:${String(port)}", routes: [${all}] }`],
  })))
  const servers = nodes.map(({ url }) => url)
  // A cluster makes streams once it has chosen who leads.
  const connection = await connect({ servers: [...servers] })
  await until(async () => {
    try {
      const { streams } = await jetstreamManager(connection, { timeout: 1_000 })
      await streams.add({ name: 'ready', subjects: ['ready'] })
      return await streams.delete('ready')
    } catch {
      return false
    }
  }, 'the cluster makes streams', 30_000)
  await connection.close()
  return {
    servers,
    nodes,
    [Symbol.asyncDispose]: async () => {
      await Promise.all(nodes.map((node) => node[Symbol.asyncDispose]()))
    },
  }
}

async function answers(port: number, server: ChildProcess): Promise<void> {
  await until(async () => {
    if (server.exitCode !== null) throw new Error('nats-server did not start')
    const connecting = connect({ servers: `127.0.0.1:${String(port)}`, reconnect: false })
    // A server that wants a password is up too.
    return connecting.then((connection) => connection.close().then(() => true), (error: unknown) => String(error).includes('uthorization'))
  }, 'nats-server answers', 10_000)
}
