import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'

/** A Redis of its own, in memory alone; `null` where this machine has none. Processes started after it find it. */
export async function startRedis() {
  const port = await freePort()
  const server = spawn('redis-server', ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'], { stdio: 'ignore' })
  const failed = once(server, 'error').then(() => true)
  for (let tries = 0; tries < 100; tries += 1) {
    if (await answers(port)) {
      process.env.MILLRACE_BENCH_REDIS = String(port)
      return { port, stop: () => stop(server) }
    }
    if ((await Promise.race([failed, pause(30)])) === true) return null
  }
  await stop(server)
  throw new Error('The Redis of the bench does not answer.')
}

async function stop(server) {
  const exited = once(server, 'exit')
  server.kill()
  await exited
}

export async function freePort() {
  const probe = createServer().listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const { port } = probe.address()
  probe.close()
  await once(probe, 'close')
  return port
}

function answers(port) {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.on('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.on('error', () => resolve(false))
  })
}
