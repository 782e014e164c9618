import { spawn } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { vi } from 'vitest'
import { freePort } from './free-port.ts'

/** A private proxy before an origin. */
export interface Proxy extends AsyncDisposable {
  readonly url: string
}

/** How a program is told what to do. */
export interface ProxyProgram {
  readonly program: string
  /** @param file its configuration, in a folder of its own */
  readonly args: (file: string, folder: string) => readonly string[]
  /** @param port where it listens, on loopback */
  readonly configuration: (port: number) => string
}

/** Starts a proxy on a free port; disposed of, it is gone with all it wrote. */
export async function startProxy({ program, args, configuration }: ProxyProgram): Promise<Proxy> {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-proxy-'))
  const port = await freePort()
  const file = join(folder, 'proxy.conf')
  await writeFile(file, configuration(port))
  const env = { ...process.env, HOME: folder, XDG_CONFIG_HOME: folder, XDG_DATA_HOME: folder }
  const proxy = spawn(program, args(file, folder), { stdio: ['ignore', 'ignore', 'pipe'], env })
  let complaints = ''
  proxy.stderr.on('data', (chunk: Buffer) => (complaints += chunk.toString()))
  const gone = new Promise<void>((resolve) => proxy.once('exit', () => resolve()))
  const url = `http://127.0.0.1:${String(port)}`
  await vi.waitUntil(async () => {
    if (proxy.exitCode !== null) throw new Error(`${program} did not start: ${complaints}`)
    return fetch(url).then(() => true, () => false)
  }, { timeout: 20_000 })
  return {
    url,
    [Symbol.asyncDispose]: async () => {
      proxy.kill('SIGKILL')
      await gone
      await rm(folder, { recursive: true, force: true })
    },
  }
}
