import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { freePort } from './redis.mjs'

/** A NATS of its own with JetStream in a folder of its own; `null` where this machine has none. Processes started after it find it. */
export async function startNats() {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-bench-'))
  const [port, monitor] = [await freePort(), await freePort()]
  const config = join(folder, 'nats.conf')
  // A thousand runs at full speed are more than a client reads at once: by default the server cuts off one that is 64 MB behind.
  const lines = ['max_pending: 512MB', `listen: "127.0.0.1:${port}"`, `http: "127.0.0.1:${monitor}"`, `jetstream { store_dir: "${folder}" }`]
  writeFileSync(config, lines.join('\n'))
  const server = spawn('nats-server', ['-c', config], { stdio: 'ignore' })
  const failed = once(server, 'error').then(() => true)
  const stop = async () => {
    const exited = once(server, 'exit')
    server.kill('SIGKILL')
    await exited
    rmSync(folder, { recursive: true, force: true })
  }
  for (let tries = 0; tries < 100; tries += 1) {
    if (await isHealthy(monitor)) {
      const url = `nats://127.0.0.1:${port}`
      process.env.MILLRACE_BENCH_NATS = url
      return { url, monitor, pid: server.pid, stop }
    }
    if ((await Promise.race([failed, pause(50)])) === true) {
      rmSync(folder, { recursive: true, force: true })
      return null
    }
  }
  await stop()
  throw new Error('The NATS of the bench does not answer.')
}

async function isHealthy(monitor) {
  return fetch(`http://127.0.0.1:${monitor}/healthz`).then(({ ok }) => ok, () => false)
}
