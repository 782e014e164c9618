import { readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { createClient, type Run } from '../../packages/millrace/src/client/index.ts'
import { startApp, type App } from '../support/application.ts'
import { engine } from '../support/engines.ts'
import { freePort } from '../support/free-port.ts'
import { nginxWith } from '../support/nginx.ts'
import { startRedis } from '../support/redis-server.ts'

const QUESTION = { message: 'How does a reader resume?' }

/** As the docs show it, on ports of this test's own. */
async function siteOf(port: number, origins: readonly [number, number]): Promise<string> {
  const example = await readFile('examples/operations/nginx.conf', 'utf8')
  return example.replace('8787', String(origins[0])).replace('8788', String(origins[1])).replace('listen 8080', `listen 127.0.0.1:${String(port)}`)
}

/** Reads to the end. `begun` resolves when something has come. */
function reading(run: Run): { readonly begun: Promise<void>; readonly text: Promise<string> } {
  let onText = (): void => undefined
  const begun = new Promise<void>((resolve) => (onText = resolve))
  const read = async (): Promise<string> => {
    let text = ''
    for await (const piece of run.text()) {
      text += piece
      onText()
    }
    return text
  }
  return { begun, text: read() }
}

test('two servers behind nginx on Redis, without stickiness: either is killed in turn, and every reader has the whole text, once', async (test) => {
  await using redis = await startRedis(engine('redis-server', test))
  const ports = [await freePort(), await freePort()] as const
  const start = (port: number): Promise<App> => startApp('--port', String(port), '--store', redis.url, '--pace', '40')
  const site = await siteOf(0, ports)
  await using proxy = await nginxWith(engine('nginx', test), (port) => site.replace('127.0.0.1:0', `127.0.0.1:${String(port)}`))
  const servers = await Promise.all(ports.map(start))
  try {
    const client = createClient(proxy.url)
    for (const dies of [0, 1] as const) {
      // One after another, so that nginx gives them to both servers in turn.
      const runs: Run[] = []
      for (let n = 0; n < 6; n += 1) runs.push(await client.start('answer', QUESTION))
      const readings = runs.map(reading)
      await Promise.all(readings.map(({ begun }) => begun))
      await servers[dies]?.kill('SIGKILL')
      const texts = await Promise.all(readings.map(({ text }) => text))
      const logged = await Promise.all(runs.map(async (run) => (await run.result).text))
      expect(texts).toEqual(logged)
      expect(new Set(texts).size).toBe(1)
      expect(await Promise.all(runs.map(async (run) => (await run.result).status))).toEqual(runs.map(() => 'completed'))
      servers[dies] = await start(ports[dies])
    }
  } finally {
    await Promise.all(servers.map((server) => server.kill()))
  }
}, 120_000)
