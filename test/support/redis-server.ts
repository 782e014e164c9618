import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createClient } from 'redis'
import { freePort } from './free-port.ts'
import { until } from './run/faulty.ts'

/** A private server in a folder of its own. */
export interface RedisServer extends AsyncDisposable {
  readonly port: number
  readonly url: string
  /** Starts it again where it was, with what it has on disk. */
  start(): Promise<void>
  /** SIGKILL, which is what a crash of the server looks like. */
  kill(): Promise<void>
}

/** @param settings pairs as in `redis.conf`; on the defaults it keeps an append-only file, as every store should */
export async function startRedis(program: string, settings: Readonly<Record<string, string>> = {}): Promise<RedisServer> {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-redis-'))
  const port = Number(settings['port'] ?? (await freePort()))
  const all = { port: String(port), bind: '127.0.0.1', dir: folder, appendonly: 'yes', save: '', ...settings }
  const args = Object.entries(all).flatMap(([name, value]) => [`--${name}`, value])
  let server: ChildProcess | null = null
  const start = async (): Promise<void> => {
    server = spawn(program, args, { stdio: ['ignore', 'ignore', 'inherit'] })
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
    url: `redis://127.0.0.1:${String(port)}`,
    start,
    kill,
    [Symbol.asyncDispose]: async () => {
      await kill()
      await rm(folder, { recursive: true })
    },
  }
}

/** Three primaries, no replicas: what is asked of a cluster is that keys lie apart. */
export async function startRedisCluster(program: string): Promise<AsyncDisposable & { readonly ports: readonly number[] }> {
  const nodes = await Promise.all([0, 1, 2].map(async () => {
    const bus = String(await freePort())
    return { bus, ...(await startRedis(program, { 'cluster-enabled': 'yes', 'cluster-port': bus })) }
  }))
  const ports = nodes.map(({ port }) => port)
  for (const [i, { port }] of nodes.entries()) {
    const slots = [String(Math.ceil((16_384 * i) / 3)), String(Math.ceil((16_384 * (i + 1)) / 3) - 1)]
    await ask(port, ['CLUSTER', 'ADDSLOTSRANGE', ...slots])
    for (const other of nodes) await ask(port, ['CLUSTER', 'MEET', '127.0.0.1', String(other.port), other.bus])
  }
  await until(async () => {
    const infos = await Promise.all(ports.map((port) => ask(port, ['CLUSTER', 'INFO'])))
    return infos.every((info) => info.includes('cluster_state:ok') && info.includes('cluster_known_nodes:3'))
  }, 'the cluster holds together', 20_000)
  return {
    ports,
    [Symbol.asyncDispose]: async () => {
      await Promise.all(nodes.map((node) => node[Symbol.asyncDispose]()))
    },
  }
}

/** One command on a connection of its own; an answer of several parts as one text. */
export async function ask(port: number, command: string[]): Promise<string> {
  const client = createClient({ socket: { port, host: '127.0.0.1', reconnectStrategy: false } }).on('error', () => undefined)
  await client.connect()
  try {
    return [await client.sendCommand<string | string[]>(command)].flat().join(',')
  } finally {
    client.destroy()
  }
}

async function answers(port: number, server: ChildProcess): Promise<void> {
  await until(async () => {
    if (server.exitCode !== null) throw new Error('redis-server did not start')
    // A server that wants a password is up too.
    return ask(port, ['PING']).then(() => true, (error: unknown) => String(error).includes('NOAUTH'))
  }, 'redis-server answers', 10_000)
}
