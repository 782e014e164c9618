import { once } from 'node:events'
import { execFile, spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createClient, type Run } from '../../packages/millrace/src/client/index.ts'
import { startExample } from '../support/example.ts'
import { engine } from '../support/engines.ts'
import { startRedis } from '../support/redis-server.ts'

let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-workers-'))
})
afterAll(() => rm(folder, { recursive: true }))

const words = (count: number): string => Array.from({ length: count }, (_, n) => `${String(n + 1)} `).join('')

/** Reads to the end. `begun` resolves when a few words have come. */
function reading(run: Run): { readonly begun: Promise<void>; readonly text: Promise<string> } {
  let onWords = (): void => undefined
  const begun = new Promise<void>((resolve) => (onWords = resolve))
  const read = async (): Promise<string> => {
    let text = ''
    for await (const piece of run.text()) {
      text += piece
      if (text.length > 20) onWords()
    }
    return text
  }
  return { begun, text: read() }
}

async function startWorker(main: string, env: Readonly<Record<string, string>>, ...args: readonly string[]): Promise<{ kill(signal: NodeJS.Signals): Promise<void> }> {
  const child = spawn(process.execPath, [main, ...args], { cwd: 'examples/workers', env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'inherit'] })
  const exit = once(child, 'exit')
  await once(child.stdout, 'data')
  return {
    async kill(signal) {
      child.kill(signal)
      await exit
    },
  }
}

test.each(['SIGKILL', 'SIGTERM'] as const)('a plain worker does what the web server started; after %s another goes on, and nothing is said twice', async (signal) => {
  const env = { LOG: join(folder, `${signal}.db`), LEASE: '1000', PORT: '0' }
  await using web = await startExample('workers', env, 'web.mjs')
  const first = await startWorker('worker.mjs', env)
  const run = await createClient(web.url).start('report', { words: 300 })
  const { begun, text } = reading(run)
  await begun
  await first.kill(signal)
  const second = await startWorker('worker.mjs', env)
  expect(await text).toBe(words(300))
  expect(await run.result).toMatchObject({ status: 'completed', result: { words: 300 } })
  await second.kill('SIGTERM')
})

test('a job of BullMQ is done by the worker it is given to; a killed one is followed by the next', async (test) => {
  await using redis = await startRedis(engine('redis-server', test))
  const env = { REDIS: redis.url, LEASE: '1000' }
  await using web = await startExample('workers', env, 'jobs.mjs')
  const first = await startWorker('jobs.mjs', env, 'worker')
  const ask = async (): Promise<{ readonly id: string }> => {
    const headers = { 'Idempotency-Key': 'the-report', 'Content-Type': 'application/json' }
    const response = await fetch(`${web.url}/reports`, { method: 'POST', headers, body: '{"words":300}' })
    return (await response.json()) as { id: string }
  }
  const { id } = await ask()
  expect(await ask()).toEqual({ id })
  const { begun, text } = reading(createClient(web.url).open(id))
  await begun
  await first.kill('SIGKILL')
  const second = await startWorker('jobs.mjs', env, 'worker')
  expect(await text).toBe(words(300))
  await second.kill('SIGKILL')
})

test('a program that is no handler says a run by hand', async () => {
  const { stdout } = await promisify(execFile)(process.execPath, ['by-hand.mjs'], { cwd: 'examples/workers' })
  expect(stdout).toBe('Milling done. { bags: 3 }\n')
})
