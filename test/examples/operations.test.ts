import { readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { startExample } from '../support/example.ts'
import { freePort } from '../support/free-port.ts'

test('the example says how it is, and what it did', async () => {
  const port = await freePort()
  await using server = await startExample('operations', { OPERATIONS_PORT: String(port) })
  const ask = async (path: string): Promise<string> => (await fetch(`http://127.0.0.1:${String(port)}${path}`)).text()
  expect(await ask('/ready')).toBe('{"status":"ok"}')
  await (await fetch(`${server.url}/runs/answer`, { method: 'POST', body: '{}', headers: { 'Content-Type': 'application/json' } })).text()
  expect(await ask('/metrics')).toContain('millrace_runs_ended_total{kind="answer",status="completed",code=""} 1')
})

test('the configuration in the docs is the one that was tried', async () => {
  const [, shown] = /```nginx\n# from examples\/operations\/nginx.conf\n(.*?)```/s.exec(await readFile('docs/operations.md', 'utf8')) ?? []
  expect(shown).toBe(await readFile('examples/operations/nginx.conf', 'utf8'))
})
